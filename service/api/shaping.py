"""Answers in LibreTranslate's shape: one value where ``q`` is a text, a list where it is a list."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel
from starlette.responses import Response

from service.api.details import sentences_of, spans_of
from service.api.schemas import DetectedLanguage, TranslateRequest, TranslateResponse
from service.api.work import Answer
from service.text.detection import Detection


def make_response(body: TranslateRequest, answer: Answer) -> TranslateResponse:
    """The answer to ``body``."""
    texts = answer.texts
    detected = shape_detections(body, answer.detections)
    further = [[one.text for one in text.alternatives] for text in texts] if body.alternatives else None
    confidences = [text.confidence for text in texts] if body.wants_details else None
    sentences = (
        [sentences_of(text, attention=body.attention) for text in texts] if body.wants_details else None
    )
    spans = [spans_of(text) for text in texts] if body.wants_details else None
    if isinstance(body.q, str):
        return TranslateResponse(
            translatedText=texts[0].text,
            detectedLanguage=detected,
            alternatives=further and further[0],
            score=texts[0].score,
            pivot=texts[0].pivot,
            confidence=confidences and confidences[0],
            sentences=sentences and sentences[0],
            spans=spans and spans[0],
        )
    return TranslateResponse(
        translatedText=[text.text for text in texts],
        detectedLanguage=detected,
        alternatives=further,
        score=[text.score for text in texts],
        pivot=[text.pivot for text in texts] if any(text.pivot for text in texts) else None,
        confidence=confidences,
        sentences=sentences,
        spans=spans,
    )


def json_response(model: BaseModel) -> Response:
    """``model`` as a body, without what is None; what FastAPI would check once more is true already."""
    return Response(model.model_dump_json(exclude_none=True), media_type="application/json")


def shape_detections(
    body: TranslateRequest, detections: Sequence[Detection] | None
) -> DetectedLanguage | list[DetectedLanguage] | None:
    """What was detected, if anything had to be."""
    if detections is None:
        return None
    found = [DetectedLanguage(confidence=one.confidence, language=one.language) for one in detections]
    return found[0] if isinstance(body.q, str) else found
