# Dragoman's service. CPU by default; for an NVIDIA GPU build with
#   --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu130
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/dragoman
ENV PATH=/opt/dragoman/bin:$PATH
WORKDIR /src
COPY requirements/service.txt requirements/service.txt
# With its dependencies: a CUDA build brings NVIDIA's libraries along.
RUN pip install --retries 1 --extra-index-url "$TORCH_INDEX" --constraint requirements/service.txt torch
RUN pip install --requirement requirements/service.txt
# The decoding kernels are compiled where there is a compiler; without them the service computes in float32.
RUN apt-get update && apt-get install --yes --no-install-recommends g++ && rm -rf /var/lib/apt/lists/* \
    || echo "no C++ compiler to be had: the image is built without the int8 kernels"
COPY pyproject.toml README.md ./
COPY model model
COPY service service
RUN pip install --no-deps .

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin dragoman \
    && install --directory --owner=10001 --group=10001 /data
COPY --from=build /opt/dragoman /opt/dragoman
COPY checkpoints /checkpoints
ENV PATH=/opt/dragoman/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    DRAGOMAN_CHECKPOINTS=/checkpoints
USER 10001
EXPOSE 8000
# Alive is not enough to be called healthy: /ready is true once the model is loaded and warm.
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/ready', timeout=2)"]
STOPSIGNAL SIGTERM
CMD ["python", "-m", "service"]
