import RoomConfiguration

/// The other end of a visitor's connection: the machine that connected, or the one that a PROXY protocol header names.
struct VisitorPeer {
    /// In text form, for fields and logs.
    let text: [UInt8]
    let address: IPAddress?
    /// The connection is TLS.
    let isSecure: Bool

    init(_ text: String, isSecure: Bool = false) {
        self.text = Array(text.utf8)
        address = IPAddress(text)
        self.isSecure = isSecure
    }
}
