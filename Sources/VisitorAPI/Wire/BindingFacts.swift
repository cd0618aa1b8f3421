/// What of a visitor's connection a token may be bound to, as raw bytes.
package struct BindingFacts: Hashable, Sendable {
    package var userAgent: [UInt8]
    /// An IP address in text form.
    package var address: [UInt8]

    package init(userAgent: [UInt8], address: [UInt8]) {
        self.userAgent = userAgent
        self.address = address
    }
}
