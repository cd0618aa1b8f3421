/// Decides from what `stat` says, poll by poll, when a set of files has changed and is written to the end.
struct FileWatch {
    enum Verdict {
        /// As last settled on.
        case unchanged
        /// Changed since the last poll: perhaps half-written.
        case changing
        /// Changed, and the same for one whole poll.
        case settled
    }

    /// Nil until the files have been read for the first time.
    private var settled: [String: FileStamp?]?
    private var last: [String: FileStamp?]?

    mutating func observe(_ stamps: [String: FileStamp?]) -> Verdict {
        defer { last = stamps }
        if stamps == settled { return .unchanged }
        return stamps == last ? .settled : .changing
    }

    /// The files have been read as `stamps` say. A file that changed during the reading differs at the next poll.
    mutating func settle(on stamps: [String: FileStamp?]) {
        settled = stamps
        last = stamps
    }
}
