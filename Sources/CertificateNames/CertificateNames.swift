package import NIOSSL

/// The host names that stand in a certificate as subject alternative names, in lower case. A common name is none: no
/// browser takes it (RFC 9525 §2).
package struct CertificateNames {
    package let names: [String]

    package init(_ certificate: NIOSSLCertificate) {
        names = certificate._subjectAlternativeNames().filter { $0.nameType == .dnsName }
            .map { name in String(decoding: name.contents, as: UTF8.self).lowercased() }
    }

    /// Whether a host, in lower case, is one of them; `*.` stands for one whole label (RFC 9525 §6.3).
    package func cover(_ host: String) -> Bool {
        guard let dot = host.firstIndex(of: "."), dot > host.startIndex else { return names.contains(host) }
        return names.contains(host) || names.contains("*\(host[dot...])")
    }
}
