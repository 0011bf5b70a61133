"""Answers that others published, and the worked example of the format's own documentation."""

# The test leaves and roots of the Certificate Transparency reference implementation of RFC 6962.
MERKLE_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
MERKLE_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

# RFC 8032, section 7.1: name, public key, message, signature.
RFC8032 = [
    (
        "test-1",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "test-2",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "test-3",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    (
        "test-sha-abc",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
]

# Edge cases of Chalkias, Garillot and Nikolaenko, "Taming the many EdDSAs" (SSR 2020): each is
# taken by some verifiers and refused by others. All must be refused here.
SPECCHECK = [
    (
        "speccheck-0",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
        (
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
            "0000000000000000000000000000000000000000000000000000000000000000"
        ),
    ),
    (
        "speccheck-1",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        (
            "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43"
            "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04"
        ),
    ),
    (
        "speccheck-2",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
        (
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"
            "8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e"
        ),
    ),
    (
        "speccheck-3",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        (
            "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f"
            "87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009"
        ),
    ),
    (
        "speccheck-4",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        (
            "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512"
            "5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09"
        ),
    ),
    (
        "speccheck-5",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        (
            "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7"
            "e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405"
        ),
    ),
    (
        "speccheck-6",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        (
            "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e"
            "547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514"
        ),
    ),
    (
        "speccheck-7",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        (
            "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa1942"
            "7e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22"
        ),
    ),
    (
        "speccheck-8",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "fdaebc429f4a735932a160da1301080c13280eea8bc280d1b392c6b9e6ba3a5a",
        (
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
            "454d370c8d9fc323a41450f8d513eafeb5b0697390c1e505a0d4ddc71f566607"
        ),
    ),
    (
        "speccheck-9",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "84b698d39be126ff55fe45079e6c8bf64a0d7db6994560b4e96b7021eb39c1a1",
        (
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
            "084d5b99c2a9463d9c8bd5026916996984eeec87ddf1d3be329006ace1b37b09"
        ),
    ),
]

# The eight encodings of points of small order, others of the same points, and mixed ones.
_SMALL = {
    "identity": "01" + "00" * 31,
    "order-2": "ec" + "ff" * 30 + "7f",
    "order-4": "00" * 32,
    "order-4-negative": "00" * 31 + "80",
    "order-8-a": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "order-8-b": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "order-8-c": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "order-8-d": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
}
_KEYS = {
    **{f"small-{name}": key for name, key in _SMALL.items()},
    "identity-with-sign": "01" + "00" * 30 + "80",
    "not-canonical-zero": "ed" + "ff" * 30 + "7f",
    "not-canonical-one": "ee" + "ff" * 30 + "7f",
    "not-canonical-large": "ff" * 31 + "7f",
    "not-on-curve": "02" + "00" * 31,
    "mixed-order": "5ca7ced5657291c4cb376e2929ebbb0747dee3aee81452ea424f42974f81fdba",
}
_ORDER = 2**252 + 27742317777372353535851937790883648493
_, _KEY, _MESSAGE, _SIG = RFC8032[1]
_R, _S = _SIG[:64], int.from_bytes(bytes.fromhex(_SIG[64:]), "little")


def _with_scalar(scalar):
    return _R + scalar.to_bytes(32, "little").hex()


ED25519_EDGES = {
    "keys": _KEYS,
    # name, public key, message, signature, whether it counts
    "signatures": [
        ("scalar-plus-order", _KEY, _MESSAGE, _with_scalar(_S + _ORDER), False),
        ("scalar-plus-8-orders", _KEY, _MESSAGE, _with_scalar(_S + 8 * _ORDER), False),
        ("scalar-zero", _KEY, _MESSAGE, _with_scalar(0), False),
        ("other-message", _KEY, _MESSAGE + "00", _SIG, False),
        ("first-half-flipped", _KEY, _MESSAGE, "93" + _SIG[2:], False),
        ("r-not-canonical", _KEY, _MESSAGE, "ee" + "ff" * 30 + "7f" + _SIG[64:], False),
        ("r-identity", _KEY, _MESSAGE, "01" + "00" * 31 + "00" * 32, False),
        ("short", _KEY, _MESSAGE, _SIG[:-2], False),
        ("long", _KEY, _MESSAGE, _SIG + "00", False),
        *[(*row, False) for row in SPECCHECK],
        *[
            # S = 0 and R = identity hold for every message under some keys of small order.
            (f"key-{name}", key, _MESSAGE, "01" + "00" * 31 + "00" * 32, False)
            for name, key in _KEYS.items()
        ],
    ],
}

WORKED = {
    "leaves": [
        (
            '{"act":{"au":"process","id":"setup","ty":"system"},"f":{"hb":60,"two":true},"k":'
            '"ledger.genesis","log":"grid.example/acme","prev":"00000000000000000000000000000'
            '00000000000000000000000000000000000","seq":0,"t":"2026-11-24T09:00:00.000000Z","'
            'v":1}'
        ),
        (
            '{"act":{"au":"process","id":"notary","ty":"system"},"k":"key.added","log":"grid.'
            'example/acme","prev":"0decf6cf27cc84578f2a9823de6e9afefaedaa4595c42d55183dfa716b'
            'c8f747","ref":{"vkey":"grid.example/acme+fd85e0f1+AddamAGCsQq31Uv+08lkBzoO4XLz2q'
            'YjJa8CGmj3B1Ea"},"seq":1,"t":"2026-11-24T09:00:00.310000Z","v":1}'
        ),
        (
            '{"act":{"au":"api_key","id":"key_01a20cc429847c3d9e4f5a6b7c8d9e0f","ty":"service'
            '"},"f":{"dt":"customer_support_reply","mn":"gpt-4","mp":"openai","svc":"support-'
            'agent"},"k":"decision.recorded","log":"grid.example/acme","parts":[{"c":"p","d":'
            '"fac58a1e4cf9ff8918ae807c4cacbc4f72c585103514cd429c238576dfc93fe7","m":"applicat'
            'ion/json","n":"input"},{"c":"n","d":"937dfa624a414e70b51b34a314912f42da76a05a51f'
            '7cb84a6a5d1444f73406f","m":"application/json","n":"model"},{"c":"p","d":"f495308'
            'a9f0c76c8b7b306a2c9862f39c97ad9e231df6fef1e3a78953b735661","m":"application/json'
            '","n":"output"}],"prev":"c8517e1fee502fb3301ab7b43fd003c3b63a4db8cac6839e645772e'
            'a6c316c49","rec":"dec_01a20cc893607d4e8f506172839405a6","rn":0,"seq":2,"src":{"i'
            'd":"5f0c3b1e9a7d4c2280aa61d7e4b9c013","n":1},"t":"2026-11-24T09:00:01.250000Z","'
            'v":1}'
        ),
    ],
    "leaf_hashes": [
        "0decf6cf27cc84578f2a9823de6e9afefaedaa4595c42d55183dfa716bc8f747",
        "c8517e1fee502fb3301ab7b43fd003c3b63a4db8cac6839e645772ea6c316c49",
        "72e099e431467ea85e2dd68e5184ba00b2a609e69c95c77eca51b645867792f0",
    ],
    "content_hash": "19c79b06474a7af33c18536e33a0768e0ce9cfe1d788f30454c9e76c04558041",
    "root": "6613213554bc1c38755004705f596f3187cb82115820cfee6be73d08cb2ae55c",
    "vkey": "grid.example/acme+fd85e0f1+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
    "note": (
        "grid.example/acme\n3\nZhMhNVS8HDh1UARwX1lvMYfLghFYIM/ua+c9CMsq5Vw=\n\n"
        "\u2014 grid.example/acme /YXg8YUQwR52aHWcHZ/A6kHBQKIXjDBuHaz6EFFj9AlB2CM5Lf59/J+qYAHDs"
        "/G3hvxNeOx+EVqzZodNra76suNgDQA=\n"
    ),
}
