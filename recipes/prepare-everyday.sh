#!/bin/sh
# The text of the bundled model: prepare-everyday.sh TEXTS OUTPUT
#
# TEXTS has tatoeba/XX-en/{train,valid}.{XX,en} and permissive/XX-en/train.{XX,en,origin}, aligned line by line;
# the line of an `origin` file names the project that its pair is from. Pairs are grouped by the kind of their
# origin, so that a recipe can weigh each kind by itself: docs (documentation), strings (interfaces), words
# (word lists), stories (stories and phrase books).
set -eu
texts=$1
output=$2
split=$(mktemp -d)
trap 'rm -rf "$split"' EXIT

set --
for language in de fr es zh; do
    pair=$language-en
    paste "$texts/permissive/$pair/train.$language" "$texts/permissive/$pair/train.en" \
        "$texts/permissive/$pair/train.origin" |
        awk -F '\t' -v folder="$split" -v pair="$pair" '
            $3 ~ /^(cldr|concepticon|osm-tagging-schema)$/ { kind = "words" }
            $3 ~ /^(global-asp|refugee-phrasebook|opensource.guide|corona-warn-app|bitcoin.org|login.gov)$/ { kind = "stories" }
            $3 ~ /^(python-docs|django-docs|react-docs|comprehensive-rust|sphinx|tldr-pages)$/ { kind = "docs" }
            kind == "" { kind = "strings" }
            { print $1 "\t" $2 > (folder "/" kind "." pair ".tsv"); kind = "" }'
    set -- "$@" --corpus "$pair" "$texts/tatoeba/$pair/train.$language" "$texts/tatoeba/$pair/train.en"
    for kind in docs strings words stories; do
        set -- "$@" --corpus "$pair" "$split/$kind.$pair.tsv"
    done
    set -- "$@" --valid "$pair" "$texts/tatoeba/$pair/valid.$language" "$texts/tatoeba/$pair/valid.en"
done

exec "${PYTHON:-python}" -m model prepare --output "$output" "$@" \
    --vocabulary-size 12000 --character-coverage 0.9995 --tokenizer-sentences 150000 --simplify-chinese
