"""Checking Ed25519 signatures, and which public keys are good enough to be checked at all.

Verification is cofactorless (RFC 8032, 5.1.7 with the recomputed R compared as bytes) and only
for keys that decode canonically, are not of small order and lie in the prime-order subgroup. For
such keys all sound verifiers agree, so `cryptography` may answer in place of this module: it is
used for speed where it is installed, and never for the choice of keys.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:  # the standard library alone is enough
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

KEY_BYTES = 32
SIGNATURE_BYTES = 64

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_SQRT_M1 = pow(2, (_P - 1) // 4, _P)

# Extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z. RFC 8032, 5.1.4.
Point = tuple[int, int, int, int]
_IDENTITY: Point = (0, 1, 1, 0)


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether `signature` is this key's over `message`; a key not accepted signs nothing."""
    if len(signature) != SIGNATURE_BYTES or not accept_key(public_key):
        return False
    if HAS_CRYPTOGRAPHY:
        return _verify_fast(public_key, message, signature)
    return verify_plain(public_key, message, signature)


@lru_cache(maxsize=256)
def accept_key(public_key: bytes) -> bool:
    """Say whether the key decodes canonically, is not of small order and has prime order."""
    point = _decode(public_key)
    if point is None or _is_identity(_multiply(8, point)):
        return False
    return _is_identity(_multiply(_L, point))


def verify_plain(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Say the same as `verify` for an accepted key, with the standard library alone."""
    key = _decode(public_key)
    first, scalar = signature[:KEY_BYTES], int.from_bytes(signature[KEY_BYTES:], "little")
    if key is None or len(signature) != SIGNATURE_BYTES or scalar >= _L:
        return False
    digest = hashlib.sha512(first + public_key + message).digest()
    challenge = int.from_bytes(digest, "little") % _L
    minus_key = (_P - key[0], key[1], key[2], _P - key[3])
    return _encode(_add(_multiply(scalar, _BASE), _multiply(challenge, minus_key))) == first


def _verify_fast(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _decode(raw: bytes) -> Point | None:
    """Return the point of a canonical encoding, else None. RFC 8032, 5.1.3."""
    if len(raw) != KEY_BYTES:
        return None
    number = int.from_bytes(raw, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= _P:
        return None
    x = _recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % _P)


def _recover_x(y: int, sign: int) -> int | None:
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    if square == 0:
        # x is 0; an encoding with the sign bit set would be a second one for the same point.
        return None if sign else 0
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _SQRT_M1 % _P
    if (x * x - square) % _P:
        return None
    return x if x & 1 == sign else _P - x


def _encode(point: Point) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(KEY_BYTES, "little")


def _add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _double(p: Point) -> Point:
    a, b, c = p[0] * p[0] % _P, p[1] * p[1] % _P, 2 * p[2] * p[2] % _P
    h = a + b
    e = h - (p[0] + p[1]) * (p[0] + p[1]) % _P
    g = a - b
    f = c + g
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiply(scalar: int, point: Point) -> Point:
    # Not constant time: everything here is public.
    result = _IDENTITY
    for bit in f"{scalar:b}":
        result = _double(result)
        if bit == "1":
            result = _add(result, point)
    return result


def _is_identity(point: Point) -> bool:
    return point[0] % _P == 0 and (point[1] - point[2]) % _P == 0


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE_X = _recover_x(_BASE_Y, 0) or 0
_BASE: Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)
