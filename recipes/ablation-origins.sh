#!/bin/sh
# Do strings, documentation and stories help beside everyday sentences? ablation-origins.sh TEXTS
#
# TEXTS is that of prepare-everyday.sh; runs/tatoeba-de-en has to be there. Two networks are trained for as many updates from the same start, one over
# the everyday sentences alone and one over all, and scored on validation sentences of both kinds. Of the others, every
# hundredth pair that is no word list is held out for that, and no pair with a side of theirs is trained on.
set -eu
texts=$1
python=${PYTHON:-python}
recipes=$(dirname "$0")
data=data/ablation-origins
held=$data/held-out
mkdir -p "$held/permissive"
[ -e "$held/tatoeba" ] || ln -s "$(cd "$texts/tatoeba" && pwd)" "$held/tatoeba"

hold_out='
    function key(text) { text = tolower(text); gsub(/[[:punct:][:space:]]/, "", text); return text }
    $3 !~ /^(cldr|concepticon|osm-tagging-schema)$/ && length($2) >= 20 && length($2) <= 200 && ++seen % 100 == 0 {
        held[key($1)]; held[key($2)]; chosen[NR]
        print $1 > (folder "/valid." language); print $2 > (folder "/valid.en")
        next
    }
    { foreign[NR] = $1; english[NR] = $2; origin[NR] = $3 }
    END {
        for (row = 1; row <= NR; row++) {
            if (row in chosen || key(foreign[row]) in held || key(english[row]) in held) continue
            print foreign[row] > (folder "/train." language)
            print english[row] > (folder "/train.en")
            print origin[row] > (folder "/train.origin")
        }
    }'

tests_everyday= tests_other=
for language in de fr es zh; do
    pair=$language-en
    folder=$held/permissive/$pair
    if [ ! -d "$folder" ]; then
        mkdir "$folder"
        from=$texts/permissive/$pair
        paste "$from/train.$language" "$from/train.en" "$from/train.origin" |
            awk -F '\t' -v folder="$folder" -v language="$language" "$hold_out"
    fi
    for kind in everyday other; do
        [ $kind = everyday ] && of=$texts/tatoeba/$pair/valid || of=$folder/valid
        tests="--test $pair $of.$language $of.en --test en-$language $of.en $of.$language"
        [ $kind = everyday ] && tests_everyday="$tests_everyday $tests" || tests_other="$tests_other $tests"
    done
done

[ -f "$data/corpus.json" ] || sh "$recipes/prepare-everyday.sh" "$held" "$data" checkpoints/to-english/tokenizer.model
for arm in with without; do
    run=runs/ablation-origins-$arm
    [ -f "$run/state.safetensors" ] && resume=--resume || resume=
    [ -d "$run/checkpoint" ] || "$python" -m model train "$recipes/ablation-origins-$arm.toml" --output "$run" $resume
    for kind in everyday other; do
        [ $kind = everyday ] && tests=$tests_everyday || tests=$tests_other
        "$python" -m benchmarks.quality "$run/checkpoint" $tests --precision int8 --output "benchmarks/results/origins-$arm-$kind.json"
    done
done
