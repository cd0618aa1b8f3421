import COpenSSL

/// A call into libcrypto that failed where no input of ours is to blame: no memory, or no provider for the algorithm.
package struct OpenSSLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call, and libcrypto's own reason where it has one.
    package let message: String

    /// Takes the reasons from this thread's error queue and leaves it empty.
    init(_ call: String) {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        let reason = unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) }
        message = "libcrypto: \(call) failed" + (reason.map { ": \($0)" } ?? "")
    }

    package var description: String { message }
}
