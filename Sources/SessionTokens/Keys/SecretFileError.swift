/// Why a file that holds a secret cannot be used or made.
package struct SecretFileError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable {
        /// It cannot be opened, is not a regular file, or is too large.
        case unreadable
        /// It was there when the gate started and is there no more.
        case missing
        /// Others than its owner may read it (or, for a public key, write it).
        case tooOpen
        /// Its content is not what it should be.
        case notAKey
        /// A key, but not one for the configured algorithm.
        case wrongKey
        /// It or its folder cannot be written.
        case unwritable
        /// libcrypto could not do its part.
        case cryptography
    }

    package let code: Code
    package let path: String
    /// What is wrong and what to do about it, on one line, without the path.
    package let message: String

    package init(_ code: Code, _ path: String, _ message: String) {
        self.code = code
        self.path = path
        self.message = message
    }

    package var description: String { "\(path): \(message)" }
}
