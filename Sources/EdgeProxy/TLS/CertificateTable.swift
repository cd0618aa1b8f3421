/// Finds the certificate for the host that a visitor asks for (SNI, RFC 6066 §3). Where several have a name, the first
/// has it; a whole name comes before a wildcard.
struct CertificateTable: Sendable {
    private var exact: [String: Int] = [:]
    /// Of `*.example.com`: `example.com`.
    private var wildcards: [String: Int] = [:]

    /// - Parameter hostNames: of each certificate, in lower case.
    init(hostNames: [[String]]) {
        for (index, names) in hostNames.enumerated() {
            for name in names {
                if name.hasPrefix("*.") {
                    let parent = String(name.dropFirst(2))
                    wildcards[parent] = wildcards[parent] ?? index
                } else {
                    exact[name] = exact[name] ?? index
                }
            }
        }
    }

    /// The certificate's number: 0, the default, for no name and for one that is in none of them. O(1).
    func index(for hostName: String?) -> Int {
        guard let hostName else { return 0 }
        let name = hostName.lowercased()
        if let index = exact[name] { return index }
        // A wildcard stands for one whole label (RFC 9525 §6.3).
        guard let dot = name.firstIndex(of: "."), dot > name.startIndex else { return 0 }
        return wildcards[String(name[name.index(after: dot)...])] ?? 0
    }
}
