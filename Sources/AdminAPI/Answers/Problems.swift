import Hummingbird

/// Turns what has no answer into a problem: 404, or 405 where another method would have one.
struct Problems: RouterMiddleware {
    typealias Context = AdminContext

    let calls: [AdminCall]

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let response: Response
        do {
            response = try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            let methods = calls.filter { $0.matches(request.uri.path) }.map(\.method.rawValue)
            response = methods.isEmpty ? notFound : methodNotAllowed(methods)
        } catch let error as HTTPError {
            response = Problem(error.status, error.body ?? error.status.reasonPhrase).response
        }
        // RFC 9110 §9.3.2: a HEAD request has no body in its answer, whatever the status.
        return request.method == .head ? response.createHeadResponse() : response
    }

    private var notFound: Response {
        let places = calls.map(\.path).filter {
            !$0.contains("{") && $0.utf8.count > 1 && ($0 == DashboardFiles.path || !$0.hasPrefix(DashboardFiles.path))
        }
        return Problem(.notFound, "There is nothing here. Try \(places.joined(separator: ", ")).").response
    }

    private func methodNotAllowed(_ methods: [String]) -> Response {
        let allowed = methods.flatMap { $0 == "GET" ? ["GET", "HEAD"] : [$0] }
        return Problem(
            .methodNotAllowed, "Use \(allowed.joined(separator: " or ")).",
            fields: [.allow: allowed.joined(separator: ", ")]
        ).response
    }
}
