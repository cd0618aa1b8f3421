"""Writes PyJWTVectors.swift: keys and tokens made by PyJWT and pyca/cryptography, which share no code with ours.

    pip install pyjwt cryptography
    python3 make_vectors.py > PyJWTVectors.swift

Every run draws new keys. They are for tests only and protect nothing.
"""

import base64
import hashlib
import json

import jwt
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUED = 1_700_000_000
CLAIMS = {
    "position_id": "0198c0de-0000-4000-8000-00000000000a",
    "queue_id": "concert-tickets",
    "iat": ISSUED,
    "exp": ISSUED + 300,
}
SESSION = {"session_id": "0198c0de-0000-8000-8000-00000000000b", "bnd": "AAECAwQFBgcICQoLDA0ODw"}


def pem(key, form=s.PrivateFormat.PKCS8, encryption=None):
    return key.private_bytes(s.Encoding.PEM, form, encryption or s.NoEncryption()).decode()


def public_pem(key):
    return key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo).decode()


def thumbprint(key, algorithm, members):
    """RFC 7638, from the JWK that PyJWT makes."""
    jwk = json.loads(algorithm.to_jwk(key.public_key()))
    canonical = json.dumps({name: jwk[name] for name in sorted(members)}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).decode().rstrip("=")


def constant(name, text, comment=None):
    if comment:
        print(f"    /// {comment}")
    print(f'    static let {name} = """')
    for line in text.strip().split("\n"):
        while len(line) > 100:
            print(f"        {line[:100]}\\")
            line = line[100:]
        print(f"        {line}")
    print('        """\n')


rsa_key = rsa.generate_private_key(65537, 2048)
ec_key = ec.generate_private_key(ec.SECP256R1())
kids = {
    "RS256": thumbprint(rsa_key, RSAAlgorithm, ["e", "kty", "n"]),
    "ES256": thumbprint(ec_key, ECAlgorithm, ["crv", "kty", "x", "y"]),
}

print("// Made by make_vectors.py with PyJWT %s. Not to be edited by hand." % jwt.__version__)
print("enum PyJWTVectors {")
print(f"    static let issuedAt: Int64 = {ISSUED}\n")
for name, key in [("RS256", rsa_key), ("ES256", ec_key)]:
    prefix = name.lower()
    constant(f"{prefix}Key", pem(key), "PKCS#8.")
    constant(f"{prefix}TraditionalKey", pem(key, s.PrivateFormat.TraditionalOpenSSL))
    constant(f"{prefix}PublicKey", public_pem(key))
    constant(f"{prefix}KeyID", kids[name], "The RFC 7638 thumbprint.")
    for kind, claims in [("position", CLAIMS), ("session", {**CLAIMS, **SESSION})]:
        token = jwt.encode(claims, key, algorithm=name, headers={"typ": f"{kind}+jwt", "kid": kids[name]})
        constant(f"{prefix}{kind.capitalize()}Token", token)
constant("encryptedKey", pem(ec_key, encryption=s.BestAvailableEncryption(b"secret")))
constant("shortRSAKey", pem(rsa.generate_private_key(65537, 1024)), "1024 bits.")
constant("p384Key", pem(ec.generate_private_key(ec.SECP384R1())))
constant("ed25519Key", pem(ed25519.Ed25519PrivateKey.generate()))
print("}")
