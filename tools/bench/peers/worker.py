"""A peer's process: it answers lines of JSON, one request after the other, so that samples can be taken in turns."""
import json
import os
import sys


def serve(answers, **ready):
    """Says what is ready, then answers {"do": NAME, ...} by answers[NAME](...) until its input ends."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print goes to the log
    print(json.dumps(ready), file=out)
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(answers[request.pop("do")](**request)), file=out)


def specification():
    return json.loads(sys.argv[1])
