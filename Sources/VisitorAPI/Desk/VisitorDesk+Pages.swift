import NIOCore
import QueueStore
import RoomConfiguration
import SessionTokens
import WaitingRoom

/// The gate's answers that need no store.
extension VisitorDesk {
    package nonisolated func maintenance(_ request: VisitorRequest) -> VisitorResponse {
        notice(request, status: 503, kind: .maintenance, title: "Maintenance") { pages, model, nonce in
            pages.maintenancePage(model, in: request.language, nonce: nonce)
        }
    }

    /// The line has no room for another; no position was made.
    nonisolated func full(_ request: VisitorRequest, _ rule: RoomRule) -> VisitorResponse {
        notice(request, status: 503, kind: .full, title: "The line is full") { pages, model, nonce in
            pages.lineFullPage(model, in: request.language, nonce: nonce)
        }
    }

    /// The visitors of this address hold as many places as they may; no position was made.
    nonisolated func crowded(_ request: VisitorRequest, _ rule: RoomRule) -> VisitorResponse {
        let settings = services.monitor.snapshot(of: rule.settings.id)?.facts.settings ?? rule.settings
        let detail =
            "At most \(settings.maxPositionsPerAddress) visitors of one address (of IPv6, of one /64) wait at the same "
            + "time. No place was made. Join again when one of them has been let in or has left."
        var request = request
        if request.isAPICall { request.format = .json }
        let language = request.language
        return notice(
            request, status: 429, kind: .limited, title: "Too many wait from this network", detail: detail
        ) { pages, model, nonce in
            pages.crowdedPage(model, in: language, nonce: nonce)
        }
    }

    /// The store, or the signing of tokens, cannot keep up or is away: joins are closed.
    nonisolated func unavailable(_ request: VisitorRequest) -> VisitorResponse {
        notice(request, status: 503, kind: .unavailable, title: "The line cannot be reached") { pages, model, nonce in
            pages.storeUnavailablePage(model, in: request.language, nonce: nonce)
        }
    }

    /// The line has moved to another process on the same address, which a new connection reaches: the same request there.
    nonisolated func elsewhere(_ request: VisitorRequest) -> VisitorResponse {
        var response = VisitorResponse.short(307, "Please ask again.")
        response.fields.append(("Location", LocalTarget(request.target).text))
        return response
    }

    /// The gate's own 4xx and 5xx in the form that fits the client.
    /// - `retryAfter`: in seconds: a page tries again by itself then, unless that would send something twice.
    package nonisolated func error(
        _ status: Int, _ request: VisitorRequest, retryAfter: Int? = nil
    ) -> VisitorResponse {
        let kind = ErrorPageKind(status: status)
        var response: VisitorResponse
        switch request.format {
        case .page:
            let page = services.pages.errorPage(
                status: status, room: request.rule?.settings.id, requestID: request.requestID,
                notSent: !request.isSafe && kind.offersRetry,
                retry: request.isSafe ? retryAfter.map { ($0, request.returnTarget) } : nil, in: request.language,
                nonce: random.value.nonce())
            response = VisitorResponse(status: status, page: page)
        case .json: response = .problem(status, Self.title(status), detail: kind.detail)
        case .short: response = .short(status, Self.title(status))
        }
        response.kind = .page
        if let seconds = retryAfter ?? (status == 503 ? 10 : nil) {
            response.fields.append(("Retry-After", "\(seconds)"))
        }
        return response
    }

    /// A request that could not be read: nothing is known of the client, so plain words do.
    package nonisolated func refusal(_ status: Int, _ detail: String, requestID: String) -> VisitorResponse {
        var fields: [(name: String, value: String)] = []
        if status == 405 { fields.append(("Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH")) }
        return .short(status, "\(status) \(Self.title(status)): \(detail)\nRequest \(requestID)", fields: fields)
    }

    /// What lies under the reserved path.
    package nonisolated func reserved(_ request: VisitorRequest, reservedPath: String) -> VisitorResponse {
        let name = request.path.dropFirst(reservedPath.count)
        let embedded = request.rule.map(\.settings.id).flatMap { name == "/rooms/\($0)/embed" ? $0 : nil }
        guard embedded != nil || ["/jwks.json", "/openapi.json", "/healthz"].contains(name) else {
            return error(404, request)
        }
        guard request.isSafe else {
            return .problem(405, "Method Not Allowed", fields: [("Allow", "GET, HEAD")])
        }
        if let embedded {
            let page = services.pages.embedPage(
                embedded, origins: services.api.embedOrigins, in: request.language, nonce: random.value.nonce())
            return VisitorResponse(status: 200, page: page)
        }
        if name == "/healthz" {
            // For load balancers, who must not join the line to find out that the gate is there.
            return VisitorResponse(
                status: 200, contentType: "text/plain; charset=utf-8", fields: [("Cache-Control", "no-store")],
                body: Array("ok\n".utf8))
        }
        if name == "/openapi.json" {
            return VisitorResponse(
                status: 200, contentType: "application/json",
                fields: [("Cache-Control", "public, max-age=300"), ("Access-Control-Allow-Origin", "*")],
                body: PackageResources.openapi_json)
        }
        return VisitorResponse(
            status: 200, contentType: "application/jwk-set+json",
            fields: [("Cache-Control", "public, max-age=300"), ("Access-Control-Allow-Origin", "*")],
            body: services.keys.keys.jwks(now: services.clock().milliseconds / 1000))
    }

    private nonisolated func notice(
        _ request: VisitorRequest, status: Int, kind: VisitorResponse.Kind, title: String, detail: String? = nil,
        page: (PageRenderer, NoticePageModel, String) -> RenderedPage
    ) -> VisitorResponse {
        let retryAfter = 15
        var response: VisitorResponse
        switch request.format {
        case .page:
            let model = NoticePageModel(
                room: request.rule?.settings.id, retryAfter: retryAfter, redirectURL: request.returnTarget,
                requestID: request.requestID, notSent: !request.isSafe)
            response = VisitorResponse(status: status, page: page(services.pages, model, random.value.nonce()))
        case .json: response = .problem(status, title, detail: detail)
        case .short: response = .short(status, title)
        }
        response.kind = kind
        response.setQueueFields(retryAfter: retryAfter)
        return response
    }

    private static func title(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 431: "Request Header Fields Too Large"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Error"
        }
    }
}

extension VisitorResponse {
    init(status: Int, page: RenderedPage) {
        self.init(status: status, contentType: RenderedPage.contentType, fields: page.fields, body: page.body)
        fields.append(("Cache-Control", "no-store"))
        kind = .page
    }

    /// What all answers about a line say: when to come again, and what of a request they depend on.
    /// - Parameter retryAfter: in seconds.
    mutating func setQueueFields(retryAfter: Int) {
        fields.append(("Retry-After", "\(retryAfter)"))
        fields.append(("Vary", "Cookie, Accept, Accept-Language, Sec-Fetch-Dest"))
    }

    func of(_ kind: Kind) -> VisitorResponse {
        var response = self
        response.kind = kind
        return response
    }
}
