"""Certificates made for one test: an authority and what it signs."""

import datetime
import ipaddress
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID


def _key(kind):
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Pair:
    """A certificate and its key, as files and as what a client sees of it."""

    def __init__(self, folder, name, certificate, key):
        self.certificate = folder / f"{name}.pem"
        self.key = folder / f"{name}.key"
        self.der = certificate.public_bytes(serialization.Encoding.DER)
        self.end = int(certificate.not_valid_after_utc.timestamp())
        self.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    @property
    def files(self) -> dict:
        """As the configuration names them."""
        return {"certificate": str(self.certificate), "key": str(self.key)}

    def server(self, authority=None) -> ssl.SSLContext:
        """For a server that shows this certificate; with an authority it demands one of the client."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        if authority:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(authority.file)
        return context


class Authority:
    def __init__(self, folder, name="authority"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.key, self.name = folder, _key("ec"), _name(name)
        self.file = folder / f"{name}.pem"
        certificate = self._build(self.name, self.key.public_key(), 365).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.file.write_bytes(certificate.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def _build(self, subject, public_key, days):
        now = datetime.datetime.now(datetime.timezone.utc)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=30))
            .not_valid_after(now + datetime.timedelta(days=days))
        )

    def issue(self, *names, days=90, kind="ec", file=None) -> Pair:
        """A certificate for these names and addresses; `days` below 0 have passed."""
        key = _key(kind)
        builder = self._build(_name(names[0]), key.public_key(), days).add_extension(
            x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False
        )
        name = file or names[0].replace("*", "any").replace(":", "_")
        return Pair(self.folder, name, builder.sign(self.key, hashes.SHA256()), key)

    def client(self) -> ssl.SSLContext:
        """For a client that trusts this authority, and names hosts only where it is told to."""
        context = ssl.create_default_context(cafile=str(self.file))
        context.check_hostname = False
        return context
