/// The names of a journal's files: `journal-<n>.log` and `snapshot-<n>.log`, where snapshot n holds what was true
/// before the first record of journal n.
struct JournalDirectory: Sendable {
    let path: String

    var lock: String { path + "/lock" }
    /// A snapshot that is being written.
    var unfinishedSnapshot: String { path + "/snapshot.tmp" }

    func journal(_ number: UInt64) -> String { path + "/journal-\(number).log" }

    func snapshot(_ number: UInt64) -> String { path + "/snapshot-\(number).log" }

    /// What is there, by number, ascending.
    struct Listing: Hashable, Sendable {
        var journals: [UInt64] = []
        var snapshots: [UInt64] = []
    }

    func list(in files: some FileSystem) throws(FileError) -> Listing {
        var listing = Listing()
        for name in try files.list(path) where name.hasSuffix(".log") {
            let stem = name.dropLast(4)
            if stem.hasPrefix("journal-"), let number = UInt64(stem.dropFirst(8)) { listing.journals.append(number) }
            if stem.hasPrefix("snapshot-"), let number = UInt64(stem.dropFirst(9)) {
                listing.snapshots.append(number)
            }
        }
        listing.journals.sort()
        listing.snapshots.sort()
        return listing
    }
}
