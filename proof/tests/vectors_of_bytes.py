"""Cases about bytes: canonical form, headers, parts, `content_hash`."""

import json

from proof.tests.vector_files import LEAVES, ORIGIN, case, pack

from loopgrid_proof import canonical, digests, headers


def canonical_cases():
    values = {
        "example": json.loads(LEAVES[2]),
        "rfc8785-3.2.2": {
            "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
            "literals": [None, True, False],
        },
        "rfc8785-3.2.3": {
            "\u20ac": "Euro Sign",
            "\r": "Carriage Return",
            "\ufb33": "Hebrew Letter Dalet With Dagesh",
            "1": "One",
            "\U0001f600": "Emoji: Grinning Face",
            "\u0080": "Control",
            "\u00f6": "Latin Small Letter O With Diaeresis",
        },
        "empty": [{}, [], ""],
        "numbers": [
            0,
            -0.0,
            1,
            -1,
            2**53 - 1,
            1e21,
            1e20,
            123e-7,
            1e-7,
            5e-324,
            1.7976931348623157e308,
        ],
        "not-normalised": {"a": "\u00e9", "b": "e\u0301"},
    }
    written = [
        case(
            f"write-{name}",
            {"value": v},
            lambda v=v: {"canonical": pack(canonical.canonical_bytes(v))},
        )
        for name, v in values.items()
    ]
    raws = {
        "example": LEAVES[2],
        "white-space": b'{"a": 1}',
        "key-order": b'{"b":1,"a":1}',
        "duplicate-key": b'{"a":1,"a":1}',
        "needless-escape": b'{"a":"\\u0041"}',
        "utf16-order": '{"\U0001f600":1,"\ufb33":2}'.encode(),
        "code-point-order": '{"\ufb33":2,"\U0001f600":1}'.encode(),
        "float": b'{"a":1.0}',
        "exponent": b'{"a":1e2}',
        "minus-zero": b'{"a":-0}',
        "negative": b'{"a":-1}',
        "nan": b'{"a":NaN}',
        "infinity": b'{"a":Infinity}',
        "two-to-53": b'{"a":9007199254740992}',
        "two-to-53-minus-1": b'{"a":9007199254740991}',
        "leading-zero": b'{"a":01}',
        "lone-surrogate": b'{"a":"\\ud800"}',
        "raw-surrogate": b'{"a":"\xed\xa0\x80"}',
        "overlong": b'{"a":"\xc0\x80"}',
        "byte-order-mark": b'\xef\xbb\xbf{"a":1}',
        "control-character": b'{"a":"\x01"}',
        "two-values": b"{}{}",
        "nothing": b"",
    }
    read = [
        case(
            f"read-{name}",
            {"bytes": pack(raw)},
            lambda raw=raw: {"value": canonical.read_canonical(raw)},
        )
        for name, raw in raws.items()
    ]
    return written + read


def _follow(leaf, previous):
    header = headers.check_follows(leaf, log=ORIGIN, previous=previous)
    return {"leaf_hash": header.leaf_hash.hex(), "seq": header.seq, "kind": header.kind}


def _edited(leaf, change):
    header = json.loads(leaf)
    change(header)
    return json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def header_cases():
    before = headers.read_header(LEAVES[1]).as_previous
    edits = {
        "example-2": dict.copy,
        "unknown-version": lambda h: h.update(v=2),
        "version-true": lambda h: h.update(v=True),
        "unknown-key": lambda h: h.update(zz=1),
        "null": lambda h: h["f"].update(env=None),
        "empty-string": lambda h: h["f"].update(env=""),
        "empty-object": lambda h: h.update(ref={}),
        "parts-unsorted": lambda h: h["parts"].reverse(),
        "part-twice": lambda h: h["parts"].insert(0, h["parts"][0]),
        "missing-actor": lambda h: h.pop("act"),
        "unknown-kind": lambda h: h.update(k="meal.served"),
        "unknown-fact": lambda h: h["f"].update(zz=1),
        "unknown-value": lambda h: h["f"].update(res="lost"),
        "missing-fact": lambda h: h["f"].pop("svc"),
        "ill-typed-fact": lambda h: h["f"].update(svc=7),
        "control-in-name": lambda h: h["f"].update(svc="a\u0085b"),
        "name-of-200": lambda h: h["f"].update(svc="\U0001f600" * 200),
        "name-of-201": lambda h: h["f"].update(svc="a" * 201),
        "missing-part": lambda h: h["parts"].pop(),
        "digest-capitals": lambda h: h["parts"][0].update(d=h["parts"][0]["d"].upper()),
        "digest-spaces": lambda h: h["parts"][0].update(d="  " + h["parts"][0]["d"][2:]),
        "digest-short": lambda h: h["parts"][0].update(d=h["parts"][0]["d"][2:]),
        "link-capitals": lambda h: h.update(prev=h["prev"].upper()),
        "wrong-class": lambda h: h["parts"][0].update(c="n"),
        "writer": lambda h: h.update(act={"au": "process", "id": "notary", "ty": "system"}),
        "strange-actor": lambda h: h["act"].update(ty="robot"),
        "other-ledger": lambda h: h.update(log="grid.example/other"),
        "number-larger": lambda h: h.update(seq=3),
        "number-smaller": lambda h: h.update(seq=1),
        "link": lambda h: h.update(prev="0" * 64),
        "time-back": lambda h: h.update(t="2026-11-24T08:59:59.999999Z"),
        "time-equal": lambda h: h.update(t=before.t),
        "leap-second": lambda h: h.update(t="2026-12-31T23:59:60.000000Z"),
        "no-such-day": lambda h: h.update(t="2026-11-31T09:00:00.000000Z"),
        "record-without-ordinal": lambda h: h.pop("rn"),
        "ordinal-not-first": lambda h: h.update(rn=1, rp=0),
        "source-zero": lambda h: h["src"].update(n=0),
        "client-time": lambda h: h.update(ct="2026-11-24T08:00:00.000000Z"),
        "parent": lambda h: h.update(ref={"parent": "dec_" + "0" * 32}),
        "parent-of-another-sort": lambda h: h.update(ref={"parent": "cor_" + "0" * 32}),
    }
    place = {"seq": before.seq, "leaf_hash": before.leaf_hash.hex(), "t": before.t}
    cases = [
        case(
            f"example-{seq}-alone",
            {"leaf": pack(LEAVES[seq]), "log": ORIGIN, "previous": None},
            lambda seq=seq: _follow(LEAVES[seq], None),
        )
        for seq in (0, 1)
    ]
    for name, change in edits.items():
        leaf = _edited(LEAVES[2], change)
        given = {"leaf": pack(leaf), "log": ORIGIN, "previous": place}
        cases.append(case(name, given, lambda leaf=leaf: _follow(leaf, before)))
    raws = {
        "space": LEAVES[2].replace(b":", b": ", 1),
        "one-byte": b"{",
        "newline": LEAVES[2] + b"\n",
    }
    for name, leaf in raws.items():
        given = {"leaf": pack(leaf), "log": ORIGIN, "previous": place}
        cases.append(case(name, given, lambda leaf=leaf: _follow(leaf, before)))
    return cases


def part_cases():
    salts = [bytes(range(32 * n, 32 * n + 32)) for n in range(3)]
    examples = zip(
        ("input", "model", "output"),
        salts,
        (
            b'{"message": "I was charged twice"}',
            b'{"provider":"openai","name":"gpt-4"}',
            b'{"response":"Your account looks fine."}',
        ),
    )
    rows = [(f"example-{name}", salt, content) for name, salt, content in examples]
    rows += [
        ("empty", salts[0], b""),
        ("nul", salts[0], b'"\\u0000"'),
        ("bytes", salts[0], b"\x00\xff\xfe"),
        ("short-salt", b"\x00", b"{}"),
        ("long-salt", bytes(33), b"{}"),
    ]
    return [
        case(
            name,
            {"salt": "hex:" + salt.hex(), "content": pack(content)},
            lambda s=salt, c=content: {"digest": digests.part_digest(s, c).hex()},
        )
        for name, salt, content in rows
    ]


def content_hash_cases():
    example = {
        "service_name": "support-agent",
        "decision_type": "customer_support_reply",
        "input": '{"message": "I was charged twice"}',
        "model": '{"provider":"openai","name":"gpt-4"}',
        "output": '{"response":"Your account looks fine."}',
    }
    rows = {
        "example": example,
        "explicit-null": {**example, "prompt": "null"},
        "key-order": {**example, "metadata": '{"b":1,"a":2}'},
        "big-integer": {**example, "metadata": '{"n":123456789012345678901234567890}'},
        "floats": {**example, "metadata": '{"n":[1.50,1e22,0.1,-0.0,1E5]}'},
        "not-ascii": {**example, "metadata": '{"n":"\u00e9\U0001f600\\u0000"}'},
        "nothing": {},
    }
    names = ("service_name", "decision_type")
    return [
        case(
            name,
            {"members": row},
            lambda row=row: {
                "content_hash": digests.content_hash(
                    {k: v if k in names else json.loads(v) for k, v in row.items()}
                ).hex()
            },
        )
        for name, row in rows.items()
    ]
