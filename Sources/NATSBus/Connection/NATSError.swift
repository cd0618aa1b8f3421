import CNATS

/// What NATS or JetStream refused.
package struct NATSError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// Not connected, or no answer in time: try again.
        case away
        /// The stream is not what is needed; somebody must change it.
        case wrongStream
        /// Somebody else has published meanwhile: look again and repeat.
        case conflict
        /// The history goes on in a store that was restored later: this one is out of date.
        case superseded
        /// The server says no.
        case refused
    }

    package static let away = NATSError(.away, "NATS is not connected")

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
            NATS_NOT_YET_CONNECTED, NATS_IO_ERROR, NATS_STALE_CONNECTION, NATS_NO_RESPONDERS, NATS_DRAINING,
            // What a publication gets while the library reconnects, because nothing may wait in its buffer.
            NATS_INSUFFICIENT_BUFFER:
            self.code = .away
        default: self.code = Self.isConflict(code) ? .conflict : .refused
        }
        let suffix = code.rawValue == 0 ? "" : " (JetStream error \(code.rawValue))"
        description = "\(doing): \(text)\(suffix)"
    }

    /// Whether JetStream refused a message because another was stored before it.
    static func isConflict(_ code: jsErrCode) -> Bool {
        code == JSStreamWrongLastSequenceErr || code == JSStreamWrongLastMsgIDErr
    }
}
