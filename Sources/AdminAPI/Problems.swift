import Hummingbird

/// Turns what has no answer into a problem: 404, or 405 where another method would have one.
struct Problems: RouterMiddleware {
    typealias Context = BasicRequestContext

    /// The paths that answer GET and HEAD.
    let paths: [String]

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let response: Response
        do {
            response = try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            response = paths.contains(request.uri.path) ? methodNotAllowed : notFound
        } catch let error as HTTPError {
            response = Problem(error.status, error.body ?? error.status.reasonPhrase).response
        }
        // RFC 9110 §9.3.2: a HEAD request has no body in its answer, whatever the status.
        return request.method == .head ? response.createHeadResponse() : response
    }

    private var notFound: Response {
        Problem(.notFound, "There is nothing here. Try \(paths.joined(separator: ", ")).").response
    }

    private var methodNotAllowed: Response {
        var response = Problem(.methodNotAllowed, "Use GET or HEAD.").response
        response.headers[.allow] = "GET, HEAD"
        return response
    }
}
