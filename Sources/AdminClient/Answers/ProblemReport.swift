/// A problem as RFC 9457 has it.
struct ProblemReport: Decodable {
    struct Flaw: Decodable {
        var pointer: String?
        var detail: String?
    }

    var title: String?
    var detail: String?
    var errors: [Flaw]?

    /// In one line.
    var words: String {
        let flaws = (errors ?? []).filter { $0.detail != detail }.compactMap { flaw in
            flaw.detail.map { detail in flaw.pointer.map { "\($0): \(detail)" } ?? detail }
        }
        let said = [detail].compactMap(\.self) + flaws
        return (said.isEmpty ? title ?? "refused without a reason" : said.joined(separator: "; ")).printable
    }
}
