import NIOCore
import NIOSSL
package import RoomConfiguration

/// What connections need of a configuration's TLS settings. Made once for each configuration and shared by all loops;
/// what the configuration before had alike goes on being used, so that visitors may resume their TLS sessions.
package final class TLSContexts: Sendable {
    /// Nil without certificates.
    let visitors: NIOSSLContext?
    private let origins: [OriginTLS: OriginSecurity]
    private let source: (tls: VisitorTLS, protocols: [String])
    /// Those that visitors and origins are shown, each once.
    package let certificates: [CertificateValidity]

    /// - Throws: what keeps the settings from being used, in one line.
    package init(_ configuration: Configuration, after previous: TLSContexts? = nil) throws(TLSError) {
        let gate = configuration.gate
        source = (gate.tls, gate.http2 ? [Self.http2, "http/1.1"] : ["http/1.1"])
        if let previous, previous.source == source {
            visitors = previous.visitors
        } else {
            visitors = try Self.visitorContext(gate.tls, protocols: source.protocols)
        }
        var origins: [OriginTLS: OriginSecurity] = [:]
        for tls in configuration.origins.compactMap(\.tls) where origins[tls] == nil {
            if let known = previous?.origins[tls] {
                origins[tls] = known
            } else {
                origins[tls] = OriginSecurity(tls, context: try Self.originContext(tls))
            }
        }
        self.origins = origins
        let shown = gate.tls.certificates + configuration.origins.compactMap { $0.tls?.client }
        var certificates: [CertificateValidity] = []
        for files in shown where !certificates.contains(where: { $0.path == files.certificate.path }) {
            let pair = try Self.pair(files)
            certificates.append(CertificateValidity(path: files.certificate.path, end: pair.expiry))
        }
        self.certificates = certificates
    }

    /// For connections to origins with these settings; nil for those of another configuration.
    func origin(_ tls: OriginTLS) -> OriginSecurity? { origins[tls] }

    /// HTTP/2's name in ALPN (RFC 9113 §3.1).
    static let http2 = "h2"

    /// For TLS 1.2: of those with forward secrecy and authenticated encryption (Mozilla's "intermediate") AES-128, which
    /// everybody has (RFC 9113 §9.2.2), and ChaCha20 for those without the hardware. The library lets the visitor choose,
    /// so all must be as good as another: AES-256 is only slower. The three of TLS 1.3 are always there.
    private static let ciphers = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305",
    ]

    /// No SHA-1, which the library would still use for those who ask for nothing else.
    private static let signatures: [SignatureAlgorithm] = [
        .ecdsaSecp256R1Sha256, .rsaPssRsaeSha256, .rsaPkcs1Sha256, .ecdsaSecp384R1Sha384, .rsaPssRsaeSha384,
        .rsaPkcs1Sha384, .ecdsaSecp521R1Sha512, .rsaPssRsaeSha512, .rsaPkcs1Sha512, .ed25519,
    ]

    private static func visitorContext(_ tls: VisitorTLS, protocols: [String]) throws(TLSError) -> NIOSSLContext? {
        var pairs: [CertificatePair] = []
        for files in tls.certificates { pairs.append(try pair(files)) }
        guard let first = pairs.first else { return nil }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: first.sources, privateKey: first.source)
        configuration.minimumTLSVersion =
            switch tls.minimumVersion {
            case .tls12: .tlsv12
            case .tls13: .tlsv13
            }
        configuration.cipherSuites = ciphers.joined(separator: ":")
        configuration.signingSignatureAlgorithms = signatures
        configuration.applicationProtocols = protocols
        // Asking costs a hop of the event loop for each handshake.
        if pairs.count > 1 {
            let table = CertificateTable(hostNames: pairs.map(\.hostNames))
            let overrides = pairs.map { pair in
                var override = NIOSSLContextConfigurationOverride()
                override.certificateChain = pair.sources
                override.privateKey = pair.source
                return override
            }
            configuration.sslContextCallback = { client, chosen in
                let index = table.index(for: client.serverHostname)
                chosen.succeed(index == 0 ? .noChanges : overrides[index])
            }
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSError("gate.tls cannot be used: \(error)")
        }
    }

    private static func originContext(_ tls: OriginTLS) throws(TLSError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if !tls.verifies { configuration.certificateVerification = .none }
        do {
            if let authorities = tls.authorities {
                configuration.trustRoots = .certificates(try CertificatePair.certificates(in: authorities))
            }
            if let client = tls.client {
                let pair = try pair(client)
                configuration.certificateChain = pair.sources
                configuration.privateKey = pair.source
            }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            let trusted = tls.authorities?.path ?? "the system's authorities (Debian: apt-get install ca-certificates)"
            throw TLSError("origin_tls cannot be used with \(trusted): \(error)")
        }
    }

    private static func pair(_ files: CertificateFiles) throws(TLSError) -> CertificatePair {
        do throws(UnusablePEM) {
            return try CertificatePair(files)
        } catch {
            throw TLSError("\(files.certificate) and \(files.key): \(error.flaw.wrong)")
        }
    }
}

/// What connections to https origins with the same settings need.
package struct OriginSecurity: Hashable, Sendable {
    let settings: OriginTLS
    let context: NIOSSLContext

    init(_ settings: OriginTLS, context: NIOSSLContext) {
        self.settings = settings
        self.context = context
    }

    /// By identity: the same settings have the same context from one configuration to the next.
    package static func == (a: OriginSecurity, b: OriginSecurity) -> Bool { a.context === b.context }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(context)) }
}

/// How long a certificate that is in use may be.
package struct CertificateValidity: Hashable, Sendable {
    /// As in the configuration, from the working directory.
    package var path: String
    /// When the first of the chain ends, in seconds since 1970.
    package var end: Int64
}

/// TLS settings that cannot be used.
package struct TLSError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

extension Configuration {
    /// Every origin that is named.
    fileprivate var origins: [Origin] { rooms.flatMap(\.target.origins) + passthrough.flatMap(\.target.origins) }
}
