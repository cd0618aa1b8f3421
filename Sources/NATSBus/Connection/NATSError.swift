import CNATS

/// What NATS or JetStream refused.
package struct NATSError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// Not connected, or no answer in time: try again.
        case away
        /// The stream is not what is needed; somebody must change it.
        case wrongStream
        /// The server says no.
        case refused
    }

    package let code: Code
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    init(_ status: natsStatus, _ doing: String, code: jsErrCode = jsErrCode(rawValue: 0)) {
        let text = unsafe natsStatus_GetText(status).map { unsafe String(cString: $0) } ?? "status \(status.rawValue)"
        switch status {
        case NATS_TIMEOUT, NATS_CONNECTION_CLOSED, NATS_NO_SERVER, NATS_CONNECTION_DISCONNECTED,
            NATS_NOT_YET_CONNECTED, NATS_IO_ERROR, NATS_STALE_CONNECTION, NATS_NO_RESPONDERS, NATS_DRAINING:
            self.code = .away
        default: self.code = .refused
        }
        let suffix = code.rawValue == 0 ? "" : " (JetStream error \(code.rawValue))"
        description = "\(doing): \(text)\(suffix)"
    }
}
