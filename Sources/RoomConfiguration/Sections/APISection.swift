extension APIConfiguration {
    init(reading section: Section) {
        self.init()
        var origins: [CORSOrigin] = []
        section.readList("cors_origins", into: &origins, .corsOrigin)
        if !origins.contains(.any) {
            corsOrigins = .these(origins.compactMap(\.site))
        } else if origins.count == 1 {
            corsOrigins = .any
        } else {
            section.refuse("cors_origins", Mistake("names others beside \"*\"", "write [\"*\"] alone, or each site"))
        }
        section.readList("embed_origins", into: &embedOrigins, .webOrigin)
    }
}

/// One item of `cors_origins`.
private enum CORSOrigin: Hashable {
    case any
    case one(WebOrigin)

    var site: WebOrigin? { if case .one(let site) = self { site } else { nil } }
}

extension ScalarForm<CORSOrigin> {
    fileprivate static var corsOrigin: Self {
        ScalarForm { text throws(Mistake) in
            text == "*" ? .any : .one(try ScalarForm<WebOrigin>.webOrigin.parse(text))
        }
    }
}
