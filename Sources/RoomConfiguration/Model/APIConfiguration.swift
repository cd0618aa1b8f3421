/// `api:` which other sites may use the visitors' API.
package struct APIConfiguration: Hashable, Sendable {
    /// Whose scripts may call the API.
    package var corsOrigins: CORSOrigins
    /// Who may show the page for web views in a frame, besides this host, and is told of the place.
    package var embedOrigins: [WebOrigin]

    package init(corsOrigins: CORSOrigins = .these([]), embedOrigins: [WebOrigin] = []) {
        self.corsOrigins = corsOrigins
        self.embedOrigins = embedOrigins
    }
}

/// Sites in the sense of the Fetch standard's CORS protocol.
package enum CORSOrigins: Hashable, Sendable {
    /// Every site, but no cookies.
    case any
    /// Exactly these; none is the default.
    case these([WebOrigin])
}

/// An origin (RFC 6454 §6.2) as a browser writes it: `https://app.example.com`, or `capacitor://localhost` of an app's web
/// view. Never `null`.
package struct WebOrigin: Hashable, Sendable {
    package let text: String
}
