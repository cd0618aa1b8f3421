/// What was found when a journal was opened.
package struct OpenReport: Hashable, Sendable {
    /// A torn end of the newest journal file that was cut off. It was never acknowledged, unless the disk lost or
    /// changed what it had taken.
    package struct Cut: Hashable, Sendable {
        package var file: String
        /// Where the cut was made.
        package var offset: Int64
        package var bytes: Int64

        package init(file: String, offset: Int64, bytes: Int64) {
            self.file = file
            self.offset = offset
            self.bytes = bytes
        }
    }

    /// The snapshot that was read.
    package var snapshot: String?
    /// Newer snapshots that could not be read, and why.
    package var unreadableSnapshots: [String] = []
    /// The journal files that were replayed, in order.
    package var journals: [String] = []
    /// Records in all files that were read, headers included.
    package var records = 0
    package var cut: Cut?

    package init() {}
}
