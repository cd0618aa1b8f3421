import FoundationEssentials

/// The inputs that fuzzing begins with.
package enum Corpus {
    /// Those in the folder of this name. O(bytes in it).
    package static func seeds(of name: String) throws -> [[UInt8]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../corpus/\(name)").standardizedFileURL.path
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
            try Array(Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
        }
    }
}
