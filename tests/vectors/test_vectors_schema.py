"""The files of protocol/vectors against their JSON Schema."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from tests.vectors.running import VECTORS, document

NAMES = sorted(path.stem for path in VECTORS.glob("*.json") if path.stem != "schema")


def schema_of(name: str) -> Any:
    """Return the schema, narrowed to the cases of one file."""
    schema = document("schema")
    schema["properties"]["tests"]["items"] = {"$ref": f"#/$defs/{name}"}
    return schema


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_what_the_schema_says(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(document("schema"))
    validator = jsonschema.Draft202012Validator(schema_of(name))
    for error in validator.iter_errors(document(name)):
        raise AssertionError(f"{error.json_path}: {error.message[:300]}")


def test_the_schema_refuses_a_case_with_a_field_that_it_does_not_describe() -> None:
    broken = document("segment")
    broken["tests"][0]["colour"] = "red"
    assert not jsonschema.Draft202012Validator(schema_of("segment")).is_valid(broken)


def test_the_schema_refuses_a_refusal_without_its_code() -> None:
    broken = document("segment")
    del next(test for test in broken["tests"] if test["result"] == "invalid")["error"]
    assert not jsonschema.Draft202012Validator(schema_of("segment")).is_valid(broken)
