import EdgeProxy
import Logging
import Prometheus
import RoomConfiguration
import Synchronization
import WaitingRoom

/// Tells operators of TLS settings that need their attention: at each loading in the log, and always in the metrics.
final class TransportWatch: Sendable {
    /// Renewing at a third of 90 days, as most do, leaves a month; at two weeks something has gone wrong.
    private static let warningTime: Int64 = 14 * 86_400

    private let certificates = Mutex<[CertificateValidity]>([])
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger

    init(clock: @escaping @Sendable () -> Timestamp, logger: Logger) {
        self.clock = clock
        self.logger = logger
    }

    /// Takes note of what is in force from now on.
    func apply(_ configuration: Configuration, _ contexts: TLSContexts) {
        certificates.withLock { $0 = contexts.certificates }
        let now = clock().milliseconds / 1000
        for certificate in contexts.certificates where certificate.end - now < Self.warningTime {
            let end = Timestamp(milliseconds: certificate.end * 1000).rfc3339
            let message: Logger.Message =
                certificate.end <= now ? "A certificate has expired" : "A certificate expires soon"
            logger.warning(message, metadata: ["certificate": "\(certificate.path)", "end": "\(end)"])
        }
        let targets = configuration.rooms.map(\.target) + configuration.passthrough.map(\.target)
        for origin in Set(targets.flatMap(\.origins)) where origin.tls.map({ !$0.verifies }) ?? false {
            logger.warning(
                "An origin is believed whoever it is: origin_tls.verify is false",
                metadata: ["origin": "https://\(origin.authority)"])
        }
    }

    func write(_ writer: inout MetricsWriter) {
        for certificate in certificates.withLock({ $0 }) {
            writer.gauge(
                "anteroom_certificate_expiration_timestamp_seconds",
                help: "When a certificate in use expires, in seconds since 1970.",
                labels: [("certificate", certificate.path)], value: Int(certificate.end))
        }
    }
}
