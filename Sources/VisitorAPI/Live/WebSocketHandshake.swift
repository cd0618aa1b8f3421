import COpenSSL

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The server's side of the opening handshake (RFC 6455 §4.2.2).
enum WebSocketHandshake {
    /// The `Sec-WebSocket-Accept` value that proves that the request was understood. SHA-1 here is a checksum, not a
    /// protection.
    static func acceptKey(for key: String) -> String {
        let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        var length = 0
        let succeeded = EVP_Q_digest(nil, "SHA1", nil, text, text.count, &digest, &length)
        return succeeded == 1 ? Data(digest).base64EncodedString() : ""
    }
}
