"""PyJWT's opinion, for LivePyJWTTests.swift: JSON on standard input, JSON on standard output.

In: `jwks` and `tokens` as ours made them, `key` a PEM file, `algorithm`, `kid`, `claims` to sign.
Out: `decoded`, each token's header and claims or the error; `signed`, a token of PyJWT's for each of `claims`.
"""

import json
import sys

import jwt

task = json.load(sys.stdin)
keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(task["jwks"]).keys}
algorithm = task["algorithm"]
decoded = []
for token in task["tokens"]:
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(
            token, keys[header["kid"]].key, algorithms=[algorithm], options={"verify_exp": False, "verify_iat": False}
        )
        decoded.append({"header": header, "claims": claims})
    except Exception as error:
        decoded.append({"error": repr(error)})
with open(task["key"]) as file:
    key = file.read()
signed = [
    jwt.encode(claims, key, algorithm=algorithm, headers={"typ": "session+jwt", "kid": task["kid"]})
    for claims in task["claims"]
]
json.dump({"decoded": decoded, "signed": signed}, sys.stdout)
