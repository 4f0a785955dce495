from service.files.limits import FileLimits
from service.files.markdown import FORMAT
from tests.service.files.translators import *

SAMPLE = """---
title: Ein Titel
---

# Ein *schöner* Titel #

Ein Absatz mit **fettem Wort**, `code hier` und [einem Link](http://x.de "Titel").
Er geht weiter
auf drei Zeilen.  
Harter Umbruch, <b>html</b> und &amp; so weiter \\* ende.

> Zitat erste Zeile
> zweite **Zeile**

- Punkt eins
  geht weiter
- [ ] Aufgabe ![Bild text](b.png) <http://auto.link>
1. Nummer

| Kopf | zwei |
|------|------|
| a \\| b | *kursiv* |

Setext
======

```py
code = 1
```

<div>
html block
</div>

[foo] und [bar][] und [baz][foo] [^1]

[foo]: http://foo 'Titel'
[bar]: http://bar

[^1]: Fußnote
"""


def test_show():
    d = FORMAT.read(SAMPLE.encode(), FileLimits())
    for u in d.units:
        print(repr(u.text), u.protected, u.marks)
    assert translated(d, identity).decode() == SAMPLE
    print(translated(d, upper).decode())
    print(translated(d, scrambled(1)).decode())
    assert 0
