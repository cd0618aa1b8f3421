import APIBodies

/// What a call expects in its body.
protocol CallBody {
    init(_ bytes: [UInt8]) throws(BodyMistake)
}

extension AdminRequest {
    /// The body, read, or what is wrong with it.
    func body<Body: CallBody>(as type: Body.Type) async throws(Problem) -> Body {
        let bytes = try await body()
        do throws(BodyMistake) {
            return try Body(bytes)
        } catch {
            throw Problem(error)
        }
    }
}
