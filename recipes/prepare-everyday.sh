#!/bin/sh
# The text of the bundled model: prepare-everyday.sh TEXTS OUTPUT [TOKENIZER]
#
# TEXTS has tatoeba/XX-en/{train,valid}.{XX,en} and permissive/XX-en/train.{XX,en,origin}, aligned line by line;
# the line of an `origin` file names the project that its pair is from. Pairs are grouped by the kind of their
# origin, so that a recipe can weigh each kind by itself: docs (documentation), strings (interfaces), words
# (word lists), stories (stories and phrase books). To these come copies of some everyday sentences as people
# type them (rough). With a TOKENIZER, that vocabulary is used instead of a new one.
set -eu
texts=$1
output=$2
tokenizer=${3:-}
python=${PYTHON:-python}
split=$(mktemp -d)
trap 'rm -rf "$split"' EXIT

by_kind='
    $3 ~ /^(cldr|concepticon|osm-tagging-schema)$/ { kind = "words" }
    $3 ~ /^(global-asp|refugee-phrasebook|opensource.guide|corona-warn-app|bitcoin.org|login.gov)$/ { kind = "stories" }
    $3 ~ /^(python-docs|django-docs|react-docs|comprehensive-rust|sphinx|tldr-pages)$/ { kind = "docs" }
    kind == "" { kind = "strings" }
    { print $1 "\t" $2 > (folder "/" kind "." pair ".tsv"); kind = "" }'

set --
for language in de fr es zh; do
    pair=$language-en
    back=en-$language
    foreign=$texts/tatoeba/$pair/train.$language
    english=$texts/tatoeba/$pair/train.en
    set -- "$@" --corpus "$pair" "$foreign" "$english"

    paste "$texts/permissive/$pair/train.$language" "$texts/permissive/$pair/train.en" \
        "$texts/permissive/$pair/train.origin" |
        awk -F '\t' -v folder="$split" -v pair="$pair" "$by_kind"
    for kind in docs strings words stories; do
        set -- "$@" --corpus "$pair" "$split/$kind.$pair.tsv"
    done

    "$python" -m model roughen "$pair" "$foreign" "$english" --output "$split/rough.$pair"
    "$python" -m model roughen "$back" "$english" "$foreign" --output "$split/rough.$back"
    set -- "$@" --one-way "$pair" "$split/rough.$pair.$language" "$split/rough.$pair.en"
    set -- "$@" --one-way "$back" "$split/rough.$back.en" "$split/rough.$back.$language"

    set -- "$@" --valid "$pair" "$texts/tatoeba/$pair/valid.$language" "$texts/tatoeba/$pair/valid.en"
done

if [ -n "$tokenizer" ]; then
    set -- "$@" --tokenizer "$tokenizer"
else
    set -- "$@" --vocabulary-size 12000 --character-coverage 0.9995 --tokenizer-sentences 150000 --simplify-chinese
fi
"$python" -m model prepare --output "$output" "$@"
