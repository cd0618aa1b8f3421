"""Tokens and cookies (docs/TOKENIZATION.md), judged by PyJWT, which shares no line with the gate."""

import base64
import json
import os
import re
import stat
import time

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from rig import gate as gates
from rig.process import wait_until
from rig.site import site
from rig.visitor import AGENT, NAVIGATION, Visitor, through
from rig.wire import exchange, request


@pytest.fixture(scope="module")
def origin(module_servers):
    return module_servers.origin(site)


@pytest.fixture(scope="module")
def gate(module_servers, origin):
    """One slot that is always taken, so that only a valid token opens the door."""
    gate = module_servers.gate([gates.busy_room(origin.url)])
    gate.holder = through(gate)
    return gate


@pytest.fixture
def refused(gate, origin):
    """Asserts that a session cookie does not open the door."""

    def check(token, agent=AGENT, **fields):
        origin.forget()
        answer = exchange(
            gate.port,
            request(
                "GET",
                "/private",
                [
                    ("User-Agent", agent),
                    ("Accept", "image/*"),
                    ("Sec-Fetch-Dest", "image"),
                    *([("Cookie", f"anteroom_s_shop={token}")] if token is not None else []),
                    *fields.items(),
                ],
            ),
        )
        assert answer.status == 503, answer
        assert origin.seen() == [], "a forged token reached the origin"

    return check


def keys(gate):
    return requests.get(f"{gate.url}/__anteroom/jwks.json", timeout=5).json()


def decoded(gate, token, algorithms=("RS256", "ES256")):
    """The header and claims, verified with PyJWT against the gate's JWKS."""
    header = jwt.get_unverified_header(token)
    key = next(key for key in jwt.PyJWKSet.from_dict(keys(gate)).keys if key.key_id == header["kid"])
    return header, jwt.decode(token, key.key, algorithms=list(algorithms))


def private_key(gate):
    return serialization.load_pem_private_key((gate.directory / "var/keys/signing.pem").read_bytes(), None)


def part(value) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def set_cookies(answer):
    """Each Set-Cookie as (name, value, attributes in lower case)."""
    for field in answer.raw.headers.getlist("Set-Cookie"):
        pair, *attributes = [item.strip() for item in field.split(";")]
        name, _, value = pair.partition("=")
        yield name, value, [attribute.lower() for attribute in attributes]


# Form


@pytest.mark.parametrize("kind", ["p", "s"])
def test_cookies_are_out_of_reach_of_scripts_and_other_sites(gate, kind):
    """HttpOnly, SameSite=Lax, Path=/; no Secure on a plain connection, no Domain."""
    if kind == "p":
        answer = requests.get(gate.url, headers=NAVIGATION, timeout=5)
    else:
        answer = gate.holder.call("POST", "session/heartbeat")
        if "anteroom_s_shop" not in answer.headers.get("Set-Cookie", ""):
            other = gates.Gate(gate.directory / "other", [gates.room(gate.configuration["rooms"][0]["target_url"])])
            other.start()
            try:
                answer = requests.get(other.url, headers=NAVIGATION, timeout=5)
            finally:
                other.stop()
    cookies = {name: attributes for name, _, attributes in set_cookies(answer)}
    attributes = cookies[f"anteroom_{kind}_shop"]
    assert {"httponly", "samesite=lax", "path=/"} <= set(attributes)
    assert "secure" not in attributes and not any(attribute.startswith("domain") for attribute in attributes)


def test_a_position_token(gate):
    """position+jwt: position_id, queue_id, iat, exp; nothing about the person."""
    visitor = Visitor(gate, agent="Very Personal Agent/9")
    visitor.navigate()
    header, claims = decoded(gate, visitor.cookie("p"))
    assert header["alg"] == "RS256" and header["typ"] == "position+jwt" and header["kid"]
    assert (
        {"position_id", "queue_id", "iat", "exp"} <= claims.keys() <= {"position_id", "queue_id", "iat", "exp", "bnd"}
    )
    assert claims["queue_id"] == "shop" and claims["exp"] - claims["iat"] == 300
    assert abs(claims["iat"] - time.time()) < 5
    assert "Personal" not in json.dumps(claims) and "127.0.0.1" not in json.dumps(claims)


def test_a_session_token(gate):
    """session+jwt adds session_id; its position_id is the place it came from."""
    header, claims = decoded(gate, gate.holder.cookie("s"))
    assert header["typ"] == "session+jwt" and {"session_id", "position_id", "queue_id", "iat", "exp"} <= claims.keys()
    assert claims["exp"] - claims["iat"] == 300


def test_the_jwks_has_what_an_origin_needs(gate):
    """kty, kid, alg, use and a modulus of at least 2048 bits."""
    [key] = keys(gate)["keys"]
    assert key["kty"] == "RSA" and key["use"] == "sig" and len(base64.urlsafe_b64decode(key["n"] + "==")) >= 256


def test_es256(module_servers, origin):
    """`algorithm: ES256` signs with P-256 in JWS form (r and s, 64 bytes)."""
    gate = module_servers.gate([gates.room(origin.url)], name="es256", tokens={"algorithm": "ES256"})
    visitor = through(gate)
    header, _ = decoded(gate, visitor.cookie("s"), ["ES256"])
    assert header["alg"] == "ES256" and keys(gate)["keys"][0]["crv"] == "P-256"
    assert len(base64.urlsafe_b64decode(visitor.cookie("s").split(".")[2] + "==")) == 64
    assert visitor.navigate().status_code == 200


# Forgeries


def test_the_token_itself_opens_the_door(gate, origin):
    """The control of the tests below."""
    origin.forget()
    answer = exchange(
        gate.port, request("GET", "/private", [("User-Agent", AGENT), ("Cookie", gate.holder.session_field)])
    )
    assert answer.status == 200 and len(origin.seen()) == 1


def test_a_token_we_sign_ourselves_opens_the_door(gate, origin):
    """The control of the forgeries: PyJWT with the gate's own key and the same claims is let in."""
    origin.forget()
    header, claims = decoded(gate, gate.holder.cookie("s"))
    token = jwt.encode(
        {**claims, "iat": claims["iat"] - 1},
        private_key(gate),
        "RS256",
        headers={"kid": header["kid"], "typ": header["typ"]},
    )
    answer = exchange(gate.port, request("GET", "/", [("User-Agent", AGENT), ("Cookie", f"anteroom_s_shop={token}")]))
    assert answer.status == 200


def forgeries(gate):
    """name: token. None of them may open the door."""
    token = gate.holder.cookie("s")
    head, body, signature = token.split(".")
    header, claims = decoded(gate, token)
    key, stranger = private_key(gate), rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    now = int(time.time())

    def signed(claims=claims, key=key, algorithm="RS256", **headers):
        return jwt.encode(claims, key, algorithm, headers={"kid": header["kid"], "typ": header["typ"], **headers})

    def by_hand(header, claims=claims, signature=signature):
        return f"{part(header)}.{part(claims)}.{signature}"

    flipped = "A" if signature[20] != "A" else "B"
    other = {**claims, "session_id": "00000000-0000-4000-8000-000000000000"}
    yield "no signature", f"{head}.{body}."
    yield "a flipped bit", f"{head}.{body}.{signature[:20]}{flipped}{signature[21:]}"
    yield "a longer signature", token + "AAAA"
    yield "a shorter signature", token[:-4]
    yield "other claims", by_hand(header, {**claims, "exp": now + 9999})
    yield "the claims of another session", by_hand(header, other)
    yield "alg none", by_hand({**header, "alg": "none"}, signature="")
    yield "alg None", by_hand({**header, "alg": "None"}, signature="")
    yield "alg none with the signature", by_hand({**header, "alg": "none"})
    yield "HS256 with the public key", jwt_hs256(header, claims, public)
    yield "a stranger's key", signed(key=stranger)
    yield "a stranger's key under another kid", signed(key=stranger, kid="mine")
    yield "an unknown kid", signed(kid="unknown")
    yield "a stranger's key in the header", signed(
        key=stranger, jwk=json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(stranger.public_key()))
    )
    yield "a key by URL", signed(key=stranger, jku="http://127.0.0.1:1/jwks.json")
    yield "RS512", signed(algorithm="RS512")
    yield "PS256", signed(algorithm="PS256")
    yield "ES256", signed(key=ec.generate_private_key(ec.SECP256R1()), algorithm="ES256")
    yield "typ of a position", signed(typ="position+jwt")
    yield "typ JWT", signed(typ="JWT")
    yield "no typ", re.sub("^[^.]+", part({name: value for name, value in header.items() if name != "typ"}), token)
    yield "a critical extension", signed(crit=["x"], x=1)
    yield "no exp", signed({name: value for name, value in claims.items() if name != "exp"})
    yield "exp as text", by_hand(header, {**claims, "exp": "x"})
    yield "another room", signed({**claims, "queue_id": "other"})
    yield "no room", signed({name: value for name, value in claims.items() if name != "queue_id"})
    yield "no binding", signed({name: value for name, value in claims.items() if name != "bnd"})
    yield "a binding of zeros", signed({**claims, "bnd": "A" * len(claims.get("bnd", "AAAA"))})
    yield "no session id", signed({name: value for name, value in claims.items() if name != "session_id"})
    yield "padding", f"{head}=.{body}=.{signature}="
    yield "standard base64", token.replace("-", "+").replace("_", "/") + "+"
    yield "four parts", token + ".x"
    yield "two parts", f"{head}.{body}"
    yield "white space inside", f"{head}. {body}.{signature}"
    yield "a quoted value", f'"{token}x"'
    yield "empty", ""
    yield "dots", ".."
    yield "long", "A" * 8000
    yield "not base64", f"{head}.!!!.{signature}"
    yield "claims that are no JSON", f"{head}.{part(b'{')}.{signature}"
    yield "claims that are a list", f"{head}.{part([1])}.{signature}"
    yield "deep JSON", f"{part(b'[' * 5000)}.{body}.{signature}"
    doubled = json.dumps({**header, "alg": "none"})[:-1] + "," + json.dumps(header)[1:]
    yield "each header field twice", f"{part(doubled.encode())}.{body}."


def jwt_hs256(header, claims, secret) -> str:
    import hashlib
    import hmac

    text = f"{part({**header, 'alg': 'HS256'})}.{part(claims)}"
    return f"{text}.{part(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def test_no_forgery_opens_the_door(gate, refused):
    """Each forgery as a cookie, then as X-Anteroom-Token, then as Bearer on the API."""
    let_in = []
    for name, token in forgeries(gate):
        try:
            refused(token)
            refused(None, **{"X-Anteroom-Token": token})
            answer = exchange(
                gate.port,
                request(
                    "GET", "/api/v1/queues/shop/session", [("User-Agent", AGENT), ("Authorization", f"Bearer {token}")]
                ),
            )
            assert answer.status in (400, 401, 403, 404, 431), f"the API answered {answer.status}"
        except AssertionError as error:
            let_in.append(f"{name}: {error}")
    assert not let_in, "\n".join(let_in)


def test_a_position_token_is_no_session(gate, refused):
    """RFC 8725 §3.11: one kind is never accepted as the other."""
    visitor = Visitor(gate)
    visitor.navigate()
    refused(visitor.cookie("p"))
    refused(None, **{"X-Anteroom-Token": visitor.cookie("p")})


def test_a_session_token_is_no_position(gate):
    """The other way round."""
    answer = Visitor(gate).call("GET", "status", bearer=gate.holder.cookie("s"))
    assert answer.status_code == 401


def test_a_valid_token_of_a_session_that_never_was(gate, refused):
    """A good signature over an id the store does not know must not hold: it is refused within seconds.

    The data path asks no store (ARCHITECTURE), so the first second may pass; then the report of activity ends it.
    """
    header, claims = decoded(gate, gate.holder.cookie("s"))
    token = jwt.encode(
        {**claims, "session_id": "11111111-1111-4111-8111-111111111111"},
        private_key(gate),
        "RS256",
        headers={"kid": header["kid"], "typ": header["typ"]},
    )

    def is_refused():
        answer = exchange(
            gate.port,
            request("GET", "/", [("User-Agent", AGENT), ("Accept", "image/*"), ("Cookie", f"anteroom_s_shop={token}")]),
        )
        return answer.status == 503

    wait_until(is_refused, 5, 0.2, "the refusal")


def test_a_forged_position_is_no_place(gate):
    """A position cookie with a bad signature is a new arrival, not the victim's place."""
    victim = Visitor(gate)
    victim.navigate()
    head, body, signature = victim.cookie("p").split(".")
    thief = Visitor(gate)
    thief.http.cookies.set("anteroom_p_shop", f"{head}.{body}.{signature[::-1]}")
    assert thief.call("GET", "status").status_code == 401
    thief = exchange(
        gate.port,
        request(
            "GET",
            "/",
            [
                *NAVIGATION.items(),
                ("User-Agent", AGENT),
                ("Cookie", f"anteroom_p_shop={head}.{body}.{signature[::-1]}"),
            ],
        ),
    )
    assert thief.status == 503
    given = next(value for value in thief.all("set-cookie") if value.startswith(b"anteroom_p_shop="))
    _, claims = decoded(gate, given.split(b";")[0].split(b"=", 1)[1].decode())
    assert claims["position_id"] != decoded(gate, victim.cookie("p"))[1]["position_id"]


# Life


def test_an_expired_position_token_restores_the_place(module_servers, origin):
    """With a good signature it still names a position that the store has; it never opens the door."""
    gate = module_servers.gate([gates.busy_room(origin.url)], name="expiry")
    holder = through(gate)
    visitor = Visitor(gate)
    visitor.navigate()
    header, claims = decoded(gate, visitor.cookie("p"))
    now = int(time.time())
    old = jwt.encode(
        {**claims, "iat": now - 4000, "exp": now - 3700},
        private_key(gate),
        "RS256",
        headers={"kid": header["kid"], "typ": header["typ"]},
    )
    answer = exchange(
        gate.port,
        request("GET", "/", [*NAVIGATION.items(), ("User-Agent", AGENT), ("Cookie", f"anteroom_p_shop={old}")]),
    )
    assert answer.status == 503 and gate.waiting() == 1
    given = next(value for value in answer.all("set-cookie") if value.startswith(b"anteroom_p_shop="))
    _, fresh = decoded(gate, given.split(b";")[0].split(b"=", 1)[1].decode())
    assert fresh["position_id"] == claims["position_id"] and fresh["exp"] > now
    holder.call("POST", "session/complete")
    wait_until(lambda: visitor.status()["status"] == "admitted", 5)
    origin.forget()
    answer = exchange(
        gate.port,
        request(
            "GET", "/private", [("User-Agent", AGENT), ("Accept", "image/*"), ("Cookie", f"anteroom_s_shop={old}")]
        ),
    )
    assert answer.status == 503 and not origin.seen("/private")


def test_an_expired_session_token_is_no_key_of_its_own(module_servers, origin):
    """With a good signature it may restore a session that the store still has, by a fresh cookie; never an ended one."""
    gate = module_servers.gate([gates.busy_room(origin.url)], name="expired-session")
    holder = through(gate)
    header, claims = decoded(gate, holder.cookie("s"))
    now = int(time.time())
    old = jwt.encode(
        {**claims, "iat": now - 400, "exp": now - 100},
        private_key(gate),
        "RS256",
        headers={"kid": header["kid"], "typ": header["typ"]},
    )

    def ask():
        origin.forget()
        fields = [*NAVIGATION.items(), ("User-Agent", AGENT), ("Cookie", f"anteroom_s_shop={old}")]
        return exchange(gate.port, request("GET", "/private", fields))

    answer = ask()
    if answer.status == 200:
        given = next(value for value in answer.all("set-cookie") if value.startswith(b"anteroom_s_shop="))
        _, fresh = decoded(gate, given.split(b";")[0].split(b"=", 1)[1].decode())
        assert fresh["session_id"] == claims["session_id"] and fresh["exp"] > now
    Visitor(gate).navigate()
    assert holder.call("POST", "session/complete").status_code == 204
    assert ask().status == 503 and not origin.seen("/private")


def test_a_session_token_is_refreshed_on_use(module_servers, origin):
    """Once half its life is spent, an answer of the origin carries the next one; before that, none."""
    gate = module_servers.gate([gates.room(origin.url)], name="refresh", tokens={"lifetime": "30s"})
    visitor = through(gate)
    header, claims = decoded(gate, visitor.cookie("s"))
    assert claims["exp"] - claims["iat"] == 30
    assert "anteroom_s" not in visitor.navigate().headers.get("Set-Cookie", ""), "not due yet"
    aged = jwt.encode(
        {**claims, "iat": claims["iat"] - 20, "exp": claims["exp"] - 20},
        private_key(gate),
        "RS256",
        headers={"kid": header["kid"], "typ": header["typ"]},
    )

    def refreshed():
        answer = exchange(
            gate.port, request("GET", "/cookies", [("User-Agent", AGENT), ("Cookie", f"anteroom_s_shop={aged}")])
        )
        assert answer.status == 200 and len(answer.all("set-cookie")) >= 3, "the origin's cookies stay"
        return [value for value in answer.all("set-cookie") if value.startswith(b"anteroom_s_shop=")]

    # Signing is off the event loops, so the answer that makes it due may be gone before the token is ready.
    [cookie] = wait_until(refreshed, 5, 0.1, "a refreshed cookie")
    _, fresh = decoded(gate, cookie.split(b";")[0].split(b"=", 1)[1].decode())
    assert fresh["session_id"] == claims["session_id"] and fresh["exp"] > claims["exp"] - 20


# Binding


@pytest.fixture(scope="module")
def bindings(module_servers, origin):
    rooms = [
        gates.room(origin.url, id=binding.replace("_", "-"), match={"paths": [f"/{binding}"]}, token_binding=binding)
        for binding in ("none", "user_agent", "ip_and_user_agent")
    ]
    return module_servers.gate(rooms, name="binding", gate={"trusted_proxies": ["127.0.0.1/32"]})


@pytest.mark.parametrize(
    "binding, same_agent, same_address, status",
    [
        ("none", False, False, 200),
        ("user_agent", True, False, 200),
        ("user_agent", False, True, 503),
        ("ip_and_user_agent", True, True, 200),
        ("ip_and_user_agent", True, False, 503),
        ("ip_and_user_agent", False, True, 503),
    ],
)
def test_a_token_is_bound(bindings, origin, binding, same_agent, same_address, status):
    """A mismatch is not let in, and does not end the session of whom it was stolen from."""
    room = binding.replace("_", "-")

    def ask(agent, address, cookie=None):
        return exchange(
            bindings.port,
            request(
                "GET",
                f"/{binding}",
                [
                    ("User-Agent", agent),
                    ("X-Forwarded-For", address),
                    ("Accept", "text/html" if cookie is None else "image/*"),
                    *([("Cookie", cookie)] if cookie else []),
                ],
            ),
        )

    first = ask("one", "198.51.100.1")
    cookie = (
        next(value for value in first.all("set-cookie") if value.startswith(b"anteroom_s_")).split(b";")[0].decode()
    )
    assert cookie.startswith(f"anteroom_s_{room}=")
    for _ in range(2):  # the second time the token is in the cache of verified ones
        assert ask("one", "198.51.100.1", cookie).status == 200
    bindings.edit(room, status="paused")
    bindings.until_status("paused", room)
    try:
        answer = ask("one" if same_agent else "two", "198.51.100.1" if same_address else "198.51.100.2", cookie)
        assert answer.status == status
        assert ask("one", "198.51.100.1", cookie).status == 200
    finally:
        bindings.edit(room, status="active")
        bindings.until_status("active", room)


# Towards the origin


def test_forward_token(module_servers, origin):
    """forward_token: true sends the session JWT as X-Anteroom-Token, once, whatever the visitor sent there."""
    gate = module_servers.gate([gates.room(origin.url, forward_token=True)], name="forward")
    visitor = through(gate)
    for extra in ([], [("X-Anteroom-Token", "nonsense")], [("x-anteroom-token", visitor.cookie("s"))]):
        origin.forget()
        answer = exchange(
            gate.port, request("GET", "/", [("User-Agent", AGENT), ("Cookie", visitor.session_field), *extra])
        )
        assert answer.status == 200
        [received] = origin.seen()
        assert received.all("x-anteroom-token") == [visitor.cookie("s")]
        decoded(gate, received.get("x-anteroom-token"))


def test_the_field_is_not_forwarded_otherwise(gate, origin):
    """Without forward_token, and from those who have no session, the origin sees no X-Anteroom-Token."""
    origin.forget()
    exchange(
        gate.port,
        request(
            "GET", "/", [("User-Agent", AGENT), ("Cookie", gate.holder.session_field), ("X-Anteroom-Token", "forged")]
        ),
    )
    [received] = origin.seen()
    assert not received.all("x-anteroom-token")


# Keys


def test_keys_are_made_once_and_kept(servers, origin):
    """The file is made at first start, 0600 in a folder of its own, and the same after a restart; tokens go on."""
    gate = servers.gate([gates.busy_room(origin.url)])
    file = gate.directory / "var/keys/signing.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before, visitor = file.read_bytes(), through(gate)
    names = {key["kid"] for key in keys(gate)["keys"]}
    gate.restart()
    assert file.read_bytes() == before and {key["kid"] for key in keys(gate)["keys"]} == names
    assert visitor.navigate().status_code == 200


def refused_start(gate) -> str:
    """The one line with which the gate says why it does not start."""
    code, said = gate.refusal()
    assert code == 1 and len(said) == 1, (code, said)
    return said[0]


@pytest.mark.parametrize(
    "content",
    [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", bytes(1000)],
    ids=["empty", "text", "cut", "binary"],
)
def test_an_unusable_key_is_one_clear_line(servers, origin, content):
    """A key file that cannot be read names itself, ends with 1, and is not replaced."""
    gate = servers.gate([gates.room(origin.url)], start=False)
    file = gate.directory / "var/keys/signing.pem"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    file.chmod(0o600)
    assert "signing.pem" in refused_start(gate)
    assert file.read_bytes() == content


def test_a_key_of_another_kind_is_one_clear_line(servers, origin):
    """A P-256 key where RS256 is configured."""
    gate = servers.gate([gates.room(origin.url)], start=False)
    file = gate.directory / "var/keys/signing.pem"
    file.parent.mkdir(parents=True)
    file.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    file.chmod(0o600)
    assert "signing.pem" in refused_start(gate)


def test_a_key_that_is_a_folder_is_one_clear_line(servers, origin):
    """Unreadable for everybody, root included."""
    gate = servers.gate([gates.room(origin.url)], start=False)
    (gate.directory / "var/keys/signing.pem").mkdir(parents=True)
    assert "signing.pem" in refused_start(gate)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_key_without_permission_is_one_clear_line(servers, origin):
    """Mode 0000."""
    gate = servers.gate([gates.room(origin.url)], start=False)
    file = gate.directory / "var/keys/signing.pem"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    file.chmod(0)
    assert "signing.pem" in refused_start(gate)


def test_a_key_given_by_hand_is_used(servers, origin):
    """The operator's own PEM, as openssl writes it, in both encodings."""
    for name, form in [
        ("PKCS8", serialization.PrivateFormat.PKCS8),
        ("PKCS1", serialization.PrivateFormat.TraditionalOpenSSL),
    ]:
        key = rsa.generate_private_key(65537, 3072)
        gate = servers.gate([gates.room(origin.url)], name=f"own-{name}", start=False)
        file = gate.directory / "var/keys/signing.pem"
        file.parent.mkdir(parents=True)
        file.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
        file.chmod(0o600)
        gate.start()
        token = through(gate).cookie("s")
        assert jwt.decode(token, key.public_key(), ["RS256"])["queue_id"] == "shop"
