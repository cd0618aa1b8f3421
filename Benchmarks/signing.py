"""Tokens signed with the system's libcrypto, as fast as a core can (RS256: half a millisecond each)."""

import base64
import ctypes
import ctypes.util
import json


class Signer:
    def __init__(self, key_file):
        self.crypto = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
        pointer = ctypes.c_void_p
        for name, result, *arguments in [
            ("BIO_new_mem_buf", pointer, ctypes.c_char_p, ctypes.c_int),
            ("PEM_read_bio_PrivateKey", pointer, pointer, pointer, pointer, pointer),
            ("EVP_MD_CTX_new", pointer),
            ("EVP_MD_CTX_free", None, pointer),
            ("EVP_sha256", pointer),
            ("EVP_DigestSignInit", ctypes.c_int, pointer, pointer, pointer, pointer, pointer),
            ("EVP_DigestSign", ctypes.c_int, pointer, pointer, pointer, ctypes.c_char_p, ctypes.c_size_t),
        ]:
            function = getattr(self.crypto, name)
            function.restype, function.argtypes = result, arguments
        with open(key_file, "rb") as file:
            pem = file.read()
        self.key = self.crypto.PEM_read_bio_PrivateKey(self.crypto.BIO_new_mem_buf(pem, len(pem)), None, None, None)
        if not self.key:
            raise SystemExit(f"{key_file} holds no private key")

    def sign(self, header: dict, claims: dict) -> str:
        text = f"{encoded(header)}.{encoded(claims)}"
        return f"{text}.{base64.urlsafe_b64encode(self.signature(text.encode())).rstrip(b'=').decode()}"

    def signature(self, text: bytes) -> bytes:
        """SHA-256 and the key's own kind: PKCS #1 for RSA; for ECDSA in DER, which a token takes apart first."""
        context = self.crypto.EVP_MD_CTX_new()
        try:
            size = ctypes.c_size_t(512)
            signature = ctypes.create_string_buffer(size.value)
            if (
                self.crypto.EVP_DigestSignInit(context, None, self.crypto.EVP_sha256(), None, self.key) != 1
                or self.crypto.EVP_DigestSign(context, signature, ctypes.byref(size), text, len(text)) != 1
            ):
                raise SystemExit("libcrypto refused to sign")
            return signature.raw[: size.value]
        finally:
            self.crypto.EVP_MD_CTX_free(context)


def encoded(value: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


def decoded(token: str) -> tuple:
    """A token's header and claims, unverified."""
    return tuple(json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])


def like(token: str, key_file, count: int):
    """`count` valid tokens that differ from `token` and each other only in a claim of no meaning."""
    signer = Signer(key_file)
    header, claims = decoded(token)
    for number in range(count):
        yield signer.sign(header, {**claims, "jti": f"{number:08}"})
