/// Why a token was not signed.
package enum SigningError: Error, Hashable, Sendable {
    /// As many signatures as the signer takes on are waiting; try again later.
    case overloaded
    case failed(OpenSSLError)
}
