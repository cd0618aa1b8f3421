extension TracingConfiguration {
    init(reading section: Section) {
        self.init()
        if section.isWritten("endpoint"), let url = section.readOptional("endpoint", .httpURL) {
            endpoint = url.text
        }
        section.read("sample", into: &sample, .percentage(0...1000))
    }
}

extension Origin {
    /// As a URL.
    fileprivate var text: String {
        "\(tls == nil ? "http" : "https")://\(authority)\(pathPrefix)"
    }
}
