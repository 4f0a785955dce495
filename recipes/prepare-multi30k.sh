#!/bin/sh
# The text of Multi30k: prepare-multi30k.sh TEXTS OUTPUT
#
# TEXTS has {train,val}.{en,de,fr} of the dataset's first task, aligned line by line; OUTPUT gets en-de/ and en-fr/.
# The dataset is for research only: nothing made from it belongs into a product.
#
# Without placeholders: captions hold almost no names or numbers to copy, and a pair seen a second time with
# placeholders would be other training data than that of the published scores.
set -eu
texts=$1
output=$2

for language in de fr; do
    [ -d "$output/en-$language" ] && continue
    "${PYTHON:-python}" -m model prepare --output "$output/en-$language" \
        --corpus "en-$language" "$texts/train.en" "$texts/train.$language" \
        --valid "en-$language" "$texts/val.en" "$texts/val.$language" \
        --vocabulary-size 4000 --placeholders 0
done
