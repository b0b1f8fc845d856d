"""Holds FHIR resources against the models of `fhir.resources`, which are made from HL7's definitions.

Reads lines `{"version": "r4", "resource": {...}}` from standard input. Writes what is wrong with each,
and ends with 1 if anything is. R4 is held against R4B, whose resources of these types are the same.
"""

import importlib
import json
import sys

PACKAGES = {"r4": "fhir.resources.R4B", "r5": "fhir.resources"}


def model(version, kind):
    module = importlib.import_module(f"{PACKAGES[version]}.{kind.lower()}")
    return getattr(module, kind)


def wrong(line):
    asked = json.loads(line)
    version, resource = asked["version"], asked["resource"]
    kind = resource["resourceType"]
    try:
        model(version, kind).model_validate(resource)
    except Exception as error:  # whatever the models object to
        return f"{version} {kind} {resource.get('id', '')}: {error}"
    return None


problems = [problem for problem in map(wrong, sys.stdin) if problem]
print("\n".join(problems))
sys.exit(1 if problems else 0)
