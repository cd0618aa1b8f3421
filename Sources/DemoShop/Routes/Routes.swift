import NIOHTTP1

/// Which answer belongs to which path and method.
enum Routes {
    /// The methods of a path and its answer.
    struct Route {
        /// Nil: any method.
        let methods: [HTTPMethod]?
        let answer: (Request) throws -> Response

        static func page(_ answer: @escaping (Request) throws -> Response) -> Route {
            Route(methods: [.GET, .HEAD], answer: answer)
        }

        static func any(_ answer: @escaping (Request) throws -> Response) -> Route {
            Route(methods: nil, answer: answer)
        }
    }

    static func answer(_ request: Request) -> Response {
        guard let route = ShopRoutes.route(request.path) ?? WireRoutes.route(request.path) else {
            return ShopPages.notFound
        }
        if let methods = route.methods, !methods.contains(request.head.method) {
            let allowed = (methods + [.OPTIONS]).map(\.rawValue).joined(separator: ", ")
            guard request.head.method == .OPTIONS else {
                return Response.text("Use \(allowed).\n", status: .methodNotAllowed).with("Allow", allowed)
            }
            return Response(.noContent, ["Allow": allowed])
        }
        do {
            return try route.answer(request)
        } catch let mistake as FormFields.Mistake {
            return .text("\(mistake.message)\n", status: .badRequest)
        } catch {
            return .text("\(error)\n", status: .internalServerError)
        }
    }
}
