"""Writes a training step of a model of full size, for test/real/twins.test.ts.

    python bench/twins/full.py FILE swinTiny '{"imageSize": 224, "classes": 1000}'
"""
import json
import sys

from fixtures import write_step

path, name, options = sys.argv[1:]
write_step(path, name, json.loads(options))
