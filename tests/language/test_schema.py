from __future__ import annotations

import json

from lastgasp.language.schema import schemas


def test_each_kind_has_a_schema_that_knows_its_keys() -> None:
    found = schemas()
    assert found.keys() >= {
        "machine",
        "installation",
        "profiles",
        "goals",
        "clauses",
        "assumptions",
        "proposals",
        "expectations",
    }
    for kind, schema in found.items():
        json.dumps(schema)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["additionalProperties"] is False
        assert kind in schema["required"]
    transition = found["machine"]["properties"]["transitions"]["items"]
    assert transition["oneOf"] == [{"required": [name]} for name in ("on", "when", "after", "may")]
    assert found["machine"]["properties"]["states"]["additionalProperties"]["properties"]["urgent"]["enum"] == [
        "yes",
        "no",
    ]
    assert found["goals"]["properties"]["parameters"]["additionalProperties"]["additionalProperties"] is False
