import ArgumentParser
import Foundation
import RoomConfiguration
import WaitingRoom

extension CompletionKind {
    /// The rooms of the configuration file that the command line names, or of the usual one.
    static var room: CompletionKind {
        .custom { words, _, _ in
            (try? ConfigurationOutline(path: configurationFile(in: words)))?.rooms.map(\.text) ?? []
        }
    }

    /// A YAML file.
    static var configurationFile: CompletionKind { .file(extensions: ["yml", "yaml"]) }

    /// The value of the last `--config`.
    private static func configurationFile(in words: [String]) -> String {
        var path = "config/anteroom.yml"
        for (index, word) in words.enumerated() {
            if word.hasPrefix("--config=") {
                path = String(word.dropFirst("--config=".count))
            } else if word == "--config" {
                // Bash makes a word of the sign too.
                path = words.dropFirst(index + 1).first { $0 != "=" } ?? path
            }
        }
        // Words come as they were typed.
        return path.trimmingCharacters(in: CharacterSet(charactersIn: "\"'"))
    }
}
