import RoomConfiguration

/// Calls of other sites' scripts (Fetch standard §3.2).
extension VisitorDesk {
    /// What scripts may read of an answer beside the fields that they always may.
    private static let exposed =
        "Retry-After, RateLimit, RateLimit-Policy, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, X-Request-Id, "
        + "X-Anteroom-Challenge"

    /// The answer to a preflight; nil where the request is none, or no other site may call.
    nonisolated func preflight(_ request: VisitorRequest, methods: [String]) -> VisitorResponse? {
        guard request.method == "OPTIONS", request.origin != nil, services.api.corsOrigins != .these([]) else {
            return nil
        }
        var response = VisitorResponse.noContent()
        guard services.api.corsOrigins.allows(request.origin) else { return response }
        response.fields += [
            ("Access-Control-Allow-Methods", methods.joined(separator: ", ")),
            ("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Anteroom-Challenge"),
            ("Access-Control-Max-Age", "600"),
        ]
        return response
    }

    /// Whether a page of a site made the request that may not use the visitor's cookies, as far as the browser says.
    nonisolated func isOfStrangers(_ request: VisitorRequest) -> Bool {
        guard let origin = request.origin else { return false }
        return !request.isOfThisSite && !services.api.corsOrigins.trusts(origin)
    }

    /// An answer of the API with what lets the scripts of sites that may call read it. Cookies go only with sites that are
    /// named: a wildcard is never combined with them.
    package nonisolated func readable(_ response: VisitorResponse, by request: VisitorRequest) -> VisitorResponse {
        var response = response
        // A form of another site's comes without the visitor's cookies, and must not put others in their place.
        if request.positionToken == nil, isOfStrangers(request) { response.cookies = [] }
        switch services.api.corsOrigins {
        case .these([]): return response
        case .these:
            response.fields.append(("Vary", "Origin"))
            guard let origin = request.origin, services.api.corsOrigins.allows(origin) else { return response }
            response.fields += [
                ("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true"),
            ]
        case .any:
            response.fields.append(("Access-Control-Allow-Origin", "*"))
        }
        response.fields.append(("Access-Control-Expose-Headers", Self.exposed))
        return response
    }
}

extension VisitorAnswer {
    /// The same after a change of the response, if it is one.
    func changing(_ change: (VisitorResponse) -> VisitorResponse) -> VisitorAnswer {
        guard case .respond(let response) = self else { return self }
        return .respond(change(response))
    }
}

extension CORSOrigins {
    func allows(_ origin: String?) -> Bool {
        switch self {
        case .any: true
        case .these(let sites): sites.contains { $0.text == origin }
        }
    }

    /// Whether a site may also use the visitor's cookies.
    func trusts(_ origin: String) -> Bool {
        switch self {
        case .any: false
        case .these(let sites): sites.contains { $0.text == origin }
        }
    }
}
