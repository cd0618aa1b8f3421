/// One entry of `gate.listen`: an address and what is spoken there.
package struct Listener: Hashable, Sendable {
    package enum Service: String, Hashable, Sendable, CaseIterable {
        /// Requests, without TLS.
        case http
        /// Requests over TLS, with the certificates of `gate.tls`.
        case https
        /// Each request is answered with its URL on the first https listener.
        case redirect
    }

    package var address: ListenAddress
    package var service: Service
    /// Every connection begins with a header of the PROXY protocol, which says who the visitor is.
    package var takesProxyProtocol: Bool

    package init(_ address: ListenAddress, service: Service = .http, takesProxyProtocol: Bool = false) {
        self.address = address
        self.service = service
        self.takesProxyProtocol = takesProxyProtocol
    }
}
