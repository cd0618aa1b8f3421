import CertificateNames
import NIOSSL
package import RoomConfiguration

/// A certificate chain and its key, read from PEM and found to belong together.
struct CertificatePair {
    /// The site's own certificate first.
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey

    init(_ files: CertificateFiles) throws(UnusablePEM) {
        chain = try Self.certificates(in: files.certificate)
        do {
            key = try NIOSSLPrivateKey(bytes: files.key.bytes, format: .pem)
        } catch {
            throw Self.flaw(ofKey: files.key)
        }
        do {
            _ = try NIOSSLContext(
                configuration: .makeServerConfiguration(certificateChain: sources, privateKey: source))
        } catch {
            throw UnusablePEM(
                .key, "does not belong to \(files.certificate.path)",
                "name the key of its first certificate; the site's own must stand before those that vouch for it")
        }
    }

    var sources: [NIOSSLCertificateSource] { chain.map { .certificate($0) } }
    var source: NIOSSLPrivateKeySource { .privateKey(key) }

    /// Those of the site's own certificate.
    var hostNames: [String] { chain.first.map { CertificateNames($0).names } ?? [] }

    /// When the first of the chain ends, in seconds since 1970.
    var expiry: Int64 { chain.map { Int64($0.notValidAfter) }.min() ?? 0 }

    /// - Throws: for a file without any.
    static func certificates(in file: PEMFile) throws(UnusablePEM) -> [NIOSSLCertificate] {
        let found = try? NIOSSLCertificate.fromPEMBytes(file.bytes)
        guard let found, !found.isEmpty else {
            throw UnusablePEM(
                .certificate, "holds no certificates in PEM form",
                "write them as \"-----BEGIN CERTIFICATE-----\" and so on")
        }
        return found
    }

    private static func flaw(ofKey file: PEMFile) -> UnusablePEM {
        guard String(decoding: file.bytes, as: UTF8.self).contains("ENCRYPTED") else {
            return UnusablePEM(
                .key, "holds no private key in PEM form", "write it as \"-----BEGIN PRIVATE KEY-----\" and so on")
        }
        return UnusablePEM(
            .key, "is protected by a passphrase", "write it without: openssl pkey -in with.key -out without.key")
    }
}

/// One of a pair of files that cannot be used.
struct UnusablePEM: Error {
    let flaw: PEMChecks.Flaw

    init(_ file: PEMChecks.Flaw.File, _ wrong: String, _ remedy: String) {
        flaw = PEMChecks.Flaw(file, wrong, remedy)
    }
}

extension PEMChecks {
    /// By the library that will use them.
    package static let boringSSL = PEMChecks(
        pair: { files in
            do throws(UnusablePEM) {
                _ = try CertificatePair(files)
                return nil
            } catch {
                return error.flaw
            }
        },
        authorities: { file in
            do throws(UnusablePEM) {
                _ = try CertificatePair.certificates(in: file)
                return nil
            } catch {
                return error.flaw
            }
        })
}
