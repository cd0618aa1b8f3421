/// `gate.tls`: what https listeners show visitors.
package struct VisitorTLS: Hashable, Sendable {
    /// In the file's order; the first serves whoever names no host, or one that is in none of them.
    package var certificates: [CertificateFiles]
    package var minimumVersion: TLSVersion
    package var hsts: StrictTransport

    package init(
        certificates: [CertificateFiles] = [], minimumVersion: TLSVersion = .tls12,
        hsts: StrictTransport = StrictTransport()
    ) {
        self.certificates = certificates
        self.minimumVersion = minimumVersion
        self.hsts = hsts
    }
}

package enum TLSVersion: String, Hashable, Sendable, CaseIterable {
    case tls12 = "TLSv1.2"
    case tls13 = "TLSv1.3"
}

/// A certificate with those that vouch for it, and its private key.
package struct CertificateFiles: Hashable, Sendable {
    package var certificate: PEMFile
    package var key: PEMFile

    package init(certificate: PEMFile, key: PEMFile) {
        self.certificate = certificate
        self.key = key
    }
}

/// A file as it was when the configuration was loaded, so that a changed file is a changed configuration.
///
/// It may hold a private key: its text form is its path.
package struct PEMFile: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// Found from the working directory: a relative path in the configuration is relative to the configuration's folder.
    package var path: String
    package var bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    package var description: String { path }
    package var customMirror: Mirror { Mirror(self, children: ["path": path]) }

    /// Looking up by one of these happens on the data path: thousands of bytes are not hashed for it.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(path)
        hasher.combine(bytes.count)
    }
}

/// `gate.tls.hsts`: that browsers come by TLS only from now on (RFC 6797).
package struct StrictTransport: Hashable, Sendable {
    /// In seconds; 0: nothing is said.
    package var maxAge: Int64
    package var includesSubdomains: Bool
    package var preload: Bool

    package init(maxAge: Int64 = 0, includesSubdomains: Bool = false, preload: Bool = false) {
        self.maxAge = maxAge
        self.includesSubdomains = includesSubdomains
        self.preload = preload
    }
}

/// `origin_tls`: how the gate and an https origin convince each other.
package struct OriginTLS: Hashable, Sendable {
    /// The authorities that may have signed the origin's certificate; nil: those that the system trusts.
    package var authorities: PEMFile?
    /// The name that is asked for and must stand in the certificate; nil: the host of the URL.
    package var serverName: String?
    /// False: whoever answers is taken for the origin.
    package var verifies: Bool
    /// What the gate shows of itself.
    package var client: CertificateFiles?

    package init(
        authorities: PEMFile? = nil, serverName: String? = nil, verifies: Bool = true, client: CertificateFiles? = nil
    ) {
        self.authorities = authorities
        self.serverName = serverName
        self.verifies = verifies
        self.client = client
    }
}
