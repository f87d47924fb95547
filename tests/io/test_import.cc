// Import of CSV files: what each option does, how values are read, and where the message points when one is
// bad.
#include <dirent.h>
#include <gtest/gtest.h>
#include <libdeflate.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

extern "C" {
#include "io/data/dataset.h"
#include "io/data/import.h"
}

namespace {

using Values = std::vector<std::string>; // "-" = missing

// Files in a folder of their own, imported; what the output holds.
class Import : public testing::Test {
protected:
  void SetUp() override {
    folder = testing::TempDir() + "ingot_import_" + std::to_string(getpid());
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    output = folder + "/out.h5";
    options.output = output.c_str();
  }
  void TearDown() override {
    std::filesystem::remove_all(folder);
    for (TextList *list : {&options.files, &options.missing, &options.maps, &options.renames})
      text_list_free(list);
  }
  std::string write(const std::string &name, const std::string &content) {
    std::ofstream(folder + "/" + name, std::ios::binary) << content;
    return folder + "/" + name;
  }
  void file(const std::string &name, const std::string &content) {
    text_list_add(&options.files, write(name, content).c_str());
  }
  // Imports the files given.
  Status import() {
    ImportSummary summary = {};
    Error error = {};
    types.clear();
    Status status = import_files(&options, &summary, &error);
    message = error.text;
    separator = summary.separator;
    for (int i = 0; i < summary.column_count; i++) types[summary.columns[i].name] = summary.columns[i].type;
    char *text = import_summary_text(&summary);
    table = text;
    free(text);
    import_summary_free(&summary);
    text_list_free(&options.files);
    return status;
  }
  // Imports them, or one of this content, and reads the output again.
  Status run(const std::string &content = "") {
    if (options.files.count == 0) file("in.csv", content);
    Status status = import();
    columns.clear();
    if (status == STATUS_OK) read_back();
    return status;
  }
  // Refused with this status and `in.csv:<place>` or another start; nothing is left.
  void refused(const std::string &content, const std::string &start, Status expected = STATUS_DATA) {
    EXPECT_EQ(run(content), expected) << content.substr(0, 200) << message;
    EXPECT_EQ(message.rfind(start[0] == ':' ? folder + "/in.csv" + start : start, 0), 0u) << message;
    nothing_left();
  }
  void nothing_left() {
    for (const auto &entry : std::filesystem::directory_iterator(folder))
      EXPECT_EQ(entry.path().string().find("out.h5"), std::string::npos) << entry.path();
  }
  std::string folder, output, message, table;
  ImportOptions options{};
  std::map<std::string, Values> columns;
  std::map<std::string, std::string> types;
  std::vector<std::string> order, dictionary; // names as stored; categories of the column read last
  char separator = 0;

private:
  void read_back() {
    Dataset *dataset = nullptr;
    Frame *frame = nullptr;
    Error error = {};
    ASSERT_EQ(dataset_open_file(&dataset, output.c_str(), "", &error), STATUS_OK) << error.text;
    ASSERT_EQ(dataset_frame(&frame, dataset, nullptr, nullptr, 0, &error), STATUS_OK) << error.text;
    order.clear();
    for (int i = 0; i < frame->column_count; i++) {
      const Column *column = &frame->columns[i];
      order.push_back(column->name);
      dictionary.assign(column->categories, column->categories + column->category_count);
      for (int64_t row = 0; row < frame->rows; row++) {
        char buffer[NUMBER_TEXT_BYTES];
        const char *text = column_text(column, row, buffer);
        columns[column->name].push_back(text == nullptr ? "-" : text);
      }
    }
    frame_free(frame);
    dataset_close(dataset);
    unlink(output.c_str());
  }
};

std::string gzip(const std::string &content) {
  libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
  std::string packed(libdeflate_gzip_compress_bound(compressor, content.size()), '\0');
  packed.resize(
      libdeflate_gzip_compress(compressor, content.data(), content.size(), packed.data(), packed.size()));
  libdeflate_free_compressor(compressor);
  return packed;
}

} // namespace

TEST_F(Import, TypesAreInferred) {
  ASSERT_EQ(run("whole,real,gap,text,mixed,none\n"
                "1,0.5,3,a,1,\n"
                "-2,+.25,,b,x,?\n"
                "3e2,5.,7,a,2,  \n"),
            STATUS_OK)
      << message;
  EXPECT_EQ(order, (Values{"whole", "real", "gap", "text", "mixed", "none"}));
  EXPECT_EQ(columns["whole"], (Values{"1", "-2", "300"}));
  EXPECT_EQ(columns["real"], (Values{"0.5", "0.25", "5"}));
  EXPECT_EQ(columns["gap"], (Values{"3", "-", "7"}));
  EXPECT_EQ(columns["text"], (Values{"a", "b", "a"}));
  EXPECT_EQ(columns["mixed"], (Values{"1", "x", "2"}));
  EXPECT_EQ(columns["none"], (Values{"-", "-", "-"}));
  EXPECT_EQ(types["whole"], "integer");
  EXPECT_EQ(types["real"], "number");
  EXPECT_EQ(types["gap"], "number");
  EXPECT_EQ(types["mixed"], "category");
  EXPECT_EQ(types["none"], "category");
}

// Found by fuzzing: the checksum of this file's group, behind its messages, reads like one about external
// files.
TEST_F(Import, WhatIsWrittenIsRead) {
  ASSERT_EQ(run("id,x!,k#1,Bi!!!!!!!!!!!!!!!!!!!!!!!!d#,x,k\n2\x0cid,0*.,,1,*#0kx\x03"
                "5,-"),
            STATUS_OK)
      << message;
  EXPECT_EQ(order.size(), 6u);
}

// What looks like a number to strtod but is none here.
TEST_F(Import, TextsThatAreNoNumbers) {
  for (const char *text : {"nan", "inf", "0x10", "1e999", "1,5", "1_000", "1e", ".", "-", "1 2", "12abc"}) {
    ASSERT_EQ(run(std::string("a;b\n") + text + ";1\n"), STATUS_OK) << message;
    EXPECT_EQ(types["a"], "category") << text;
    EXPECT_EQ(columns["a"], (Values{text}));
  }
}

// Digits that would be merged or changed as numbers stay the texts they are, and the table says so.
TEST_F(Import, CodesOfDigitsStayTexts) {
  ASSERT_EQ(run("zip,big,whole,even\n007,9007199254740993,9007199254740991,100000000000000000000\n"
                "7,9007199254740992,0,-0\n"),
            STATUS_OK)
      << message;
  EXPECT_EQ(columns["zip"], (Values{"007", "7"}));
  EXPECT_EQ(columns["big"], (Values{"9007199254740993", "9007199254740992"}));
  EXPECT_EQ(types["zip"], "category");
  EXPECT_EQ(types["big"], "category");
  EXPECT_EQ(types["whole"], "integer");
  EXPECT_EQ(types["even"], "number");
  EXPECT_NE(table.find("a category: '007' of row 1 (row 1 is the first) would be another text as a number"),
            std::string::npos)
      << table;
  std::string schema = write("schema", "big: integer\nzip: number\n");
  options.schema = schema.c_str();
  refused("zip,big\n007,9007199254740993\n", "column 'big' is to be integer");
  ASSERT_EQ(run("zip,big\n007,1\n"), STATUS_OK) << "asked for: " << message;
  EXPECT_EQ(columns["zip"], (Values{"7"}));
}

// Of a column of numbers the one value that made it a category is named.
TEST_F(Import, WhatMadeACategoryIsSaid) {
  ASSERT_EQ(run("a,b,c\n1,x,1\n2,y,2\n1e999,3,3\n"), STATUS_OK) << message;
  EXPECT_NE(table.find("a category: '1e999' of row 3 (row 1 is the first) is no number"), std::string::npos)
      << table;
  EXPECT_EQ(table.find("'x'"), std::string::npos) << table;
}

TEST_F(Import, MissingValues) {
  text_list_add(&options.missing, "NA");
  ASSERT_EQ(run("a,b\n1,x\n?,\"?\"\n,\"\"\n \t , \nNA,\"NA\"\n"), STATUS_OK) << message;
  EXPECT_EQ(columns["a"], (Values{"1", "-", "-", "-", "-"}));
  EXPECT_EQ(columns["b"], (Values{"x", "-", "-", "-", "-"}));
  ASSERT_EQ(run("a,b\n1,na\n2,\" \"\n"), STATUS_OK) << message;
  EXPECT_EQ(columns["b"], (Values{"na", " "})); // quoted: a value as it stands
}

TEST_F(Import, SeparatorsAreFoundOut) {
  for (char each : {',', ';', '\t', '|'}) {
    std::string s(1, each), other = each == ',' ? ";" : ",";
    ASSERT_EQ(
        run("a" + s + "\"b" + other + other + other + "\"" + s + "c\n1" + s + "2" + s + "x" + other + "y\n"),
        STATUS_OK)
        << message;
    EXPECT_EQ(separator, each);
    EXPECT_EQ(order, (Values{"a", "b" + other + other + other, "c"}));
    EXPECT_EQ(columns["c"], (Values{each == ',' ? "x;y" : "x,y"}));
  }
  ASSERT_EQ(run("one\n1\n2\n"), STATUS_OK) << message;
  EXPECT_EQ(columns["one"], (Values{"1", "2"}));
  options.separator = ' ';
  ASSERT_EQ(run("a b\n1 x,y\n"), STATUS_OK) << message;
  EXPECT_EQ(columns["b"], (Values{"x,y"}));
}

TEST_F(Import, QuotesAndLineEnds) {
  ASSERT_EQ(run("\xef\xbb\xbf\"a\" , b\r\n"
                "\"two\r\nlines\",\"say \"\"yes\"\", then; go\"\r\n"
                "\r\n"
                "  plain text  , \"kept \" \r\n"
                "last,\"\n\"\"\n\""),
            STATUS_OK)
      << message;
  EXPECT_EQ(order, (Values{"a", "b"})); // without the byte order mark
  EXPECT_EQ(columns["a"], (Values{"two\r\nlines", "plain text", "last"}));
  EXPECT_EQ(columns["b"], (Values{"say \"yes\", then; go", "kept ", "\n\"\n"}));
}

TEST_F(Import, Names) {
  options.names = "x,y z";
  ASSERT_EQ(run("1,2\n3,4\n"), STATUS_OK) << message;
  EXPECT_EQ(order, (Values{"x", "y z"}));
  EXPECT_EQ(columns["x"], (Values{"1", "3"}));
  refused("1,2,3\n", ":1:5: error: 3 values where 2 columns are expected.");
  options.names = "x,x";
  refused("1,2\n", ":1:1: error: two columns are named 'x'.");
  options.names = "x,";
  refused("1,2\n", ":1:1: error: column 2 has no name.");
  std::string many = "n0", row = "0";
  for (int i = 1; i < 1500; i++) many += ",n" + std::to_string(i), row += "," + std::to_string(i);
  options.names = many.c_str();
  ASSERT_EQ(run(row + "\n"), STATUS_OK) << message;
  EXPECT_EQ(columns["n1499"], (Values{"1499"}));
}

TEST_F(Import, Skip) {
  options.skip = 2;
  ASSERT_EQ(run("|1x3 \xff\n\"odd quote\na,b\n1,2\n"), STATUS_OK) << message;
  EXPECT_EQ(columns["b"], (Values{"2"}));
  refused("title\nmore\na,b\n1,2\n3\n", ":5:1: error: 1 value where 2 columns are expected.");
  refused("a,b\n1,2\n", ":3:1: error: the file is empty after the skipped lines.");
}

TEST_F(Import, Rename) {
  text_list_add(&options.renames, "a=b");
  text_list_add(&options.renames, "b=a");
  text_list_add(&options.renames, "label=y");
  ASSERT_EQ(run("a,b,label\n1,2,3\n"), STATUS_OK) << message;
  EXPECT_EQ(order, (Values{"b", "a", "y"}));
  EXPECT_EQ(columns["b"], (Values{"1"}));
  EXPECT_EQ(columns["y"], (Values{"3"}));
  refused("a,b,c\n1,2,3\n", "--rename: there is no column 'label'", STATUS_USAGE);
  text_list_free(&options.renames);
  text_list_add(&options.renames, "aa=b"); // b exists, aa does not
  refused("a,b\n1,2\n", "--rename: there is no column 'aa'; did you mean 'a'?", STATUS_USAGE);
  text_list_free(&options.renames);
  text_list_add(&options.renames, "a=b");
  refused("a,b\n1,2\n", ":1:3: error: two columns are named 'b'.");
  for (const char *bad : {"a", "=b", "a="}) {
    text_list_free(&options.renames);
    text_list_add(&options.renames, bad);
    refused("a,b\n1,2\n", std::string("--rename '") + bad + "': it takes OLD=NEW", STATUS_USAGE);
  }
}

TEST_F(Import, Map) {
  text_list_add(&options.maps, "a:x->y");
  text_list_add(&options.maps, "a:gone->");
  text_list_add(&options.maps, "b:>50K.->>50K");
  ASSERT_EQ(run("a,b\nx,>50K.\ngone,>50K\ny,x\n"), STATUS_OK) << message;
  EXPECT_EQ(columns["a"], (Values{"y", "-", "y"}));
  EXPECT_EQ(columns["b"], (Values{">50K", ">50K", "x"})); // x is of another column
  refused("a,b\nx,>50K.\n", "--map: column 'a' has no value 'gone'");
  refused("a,c\nx,y\n", "--map: there is no column 'b'", STATUS_USAGE);
  for (const char *bad : {"a", "a:x", ":x->y", "a->y"}) {
    text_list_free(&options.maps);
    text_list_add(&options.maps, bad);
    refused("a,b\n1,2\n", std::string("--map '") + bad + "': it takes COLUMN:FROM->TO", STATUS_USAGE);
  }
}

TEST_F(Import, Schema) {
  std::string schema = folder + "/schema";
  options.schema = schema.c_str();
  write("schema", "# what the columns are\na: category\nb: number\n\nc:skip\nd:e: integer\n");
  ASSERT_EQ(run("a,b,c,d:e\n1,2,3,4\n2,3,x,5\n"), STATUS_OK) << message;
  EXPECT_EQ(order, (Values{"a", "b", "d:e"}));
  EXPECT_EQ(types["a"], "category");
  EXPECT_EQ(types["b"], "number");
  EXPECT_EQ(types["d:e"], "integer");
  const std::pair<const char *, const char *> bad[] = {
      {"a\n", ":1:1: error: a line is `name: type`."},
      {"# one\n\na: number\nz: number\n", ":4:1: error: there is no column 'z' in the files."},
      {"a: numeric\n", ":1:1: error: 'numeric' is no type: number, integer, category or skip."},
      {"a:\n", ":1:1: error: '' is no type: number, integer, category or skip."},
  };
  for (auto [text, sentence] : bad) {
    write("schema", text);
    refused("a,b\n1,2\n", schema + sentence);
  }
  write("schema", "a: number\n");
  refused("a,b\n1,2\nx,3\n", "column 'a' is to be number, but row 2 (row 1 is the first) holds 'x'");
  write("schema", "a: integer\n");
  refused("a,b\n1,2\n1.5,3\n", "column 'a' is to be integer, but row 2 (row 1 is the first) holds '1.5'");
  refused("a,b\n1,2\n,3\n", "column 'a' is to be integer, but 1 row has no value");
  write("schema", "a: skip\nb: skip\n");
  refused("a,b\n1,2\n", "every column is skipped");
  unlink(schema.c_str());
  refused("a,b\n1,2\n", schema + ": No such file", STATUS_MISSING);
}

TEST_F(Import, Like) {
  std::string like = folder + "/like.h5";
  file("first.csv", "k,n,i\nb,1.5,1\nc,2,2\n");
  options.output = like.c_str();
  ASSERT_EQ(import(), STATUS_OK) << message;
  options.output = output.c_str();
  options.like = like.c_str();
  ASSERT_EQ(run("n,i,k\n1,4,c\n2,5,d\n3,6,a\n"), STATUS_OK) << message;
  EXPECT_EQ(columns["k"], (Values{"c", "d", "a"}));
  EXPECT_EQ(dictionary, (Values{"b", "c", "a", "d"})); // like's, then the new ones in byte order
  EXPECT_EQ(types["n"], "number");                     // whole here, but not there
  EXPECT_EQ(types["i"], "integer");
  ASSERT_EQ(run("k,n,i\n5,1,1\n"), STATUS_OK) << message;
  EXPECT_EQ(types["k"], "category"); // of numbers, as there
  refused("k,n,i\nb,x,1\n", "column 'n' is to be number, but row 1 (row 1 is the first) holds 'x'");
  refused("k,n,i,z\nb,1,1,1\n", "column 'z' does not exist in " + like + " (--like)");
  refused("k,n\nb,1\n", like + " (--like) has a column 'i' that the files lack");
}

TEST_F(Import, SeveralFiles) {
  file("1.csv", "a,b\n1,x\n");
  file("2.csv.gz", gzip("\xef\xbb\xbf"
                        "a,b\n2,") +
                       gzip("y\n3") + gzip("") + gzip(",x\n"));
  ASSERT_EQ(run(), STATUS_OK) << message;
  EXPECT_EQ(columns["a"], (Values{"1", "2", "3"}));
  EXPECT_EQ(columns["b"], (Values{"x", "y", "x"}));
  file("1.csv", "a,b\n1,x\n");
  file("2.csv", "b,a\nx,1\n");
  EXPECT_EQ(run(), STATUS_DATA);
  EXPECT_EQ(message,
            folder + "/2.csv:1:1: error: its columns are not those of the first file, in their order.");
  nothing_left();
  file("1.csv", "a,b\n1,x\n");
  file("2.csv", "a,b\n\n1,x\n1\n");
  EXPECT_EQ(run(), STATUS_DATA);
  EXPECT_EQ(message, folder + "/2.csv:4:1: error: 1 value where 2 columns are expected.");
  nothing_left();
}

// What is no text of values is named for what it is.
TEST_F(Import, OtherForms) {
  ASSERT_EQ(run("a,b\n1,2\n"), STATUS_OK) << message;
  refused("\x89HDF\r\n\x1a\n and more", ": is an HDF5 file already");
  file("in.csv.gz", "a,b\n1,2\n");
  EXPECT_EQ(run(), STATUS_DATA);
  EXPECT_EQ(message.rfind(folder + "/in.csv.gz: is named .gz but is no gzip file", 0), 0u) << message;
  nothing_left();
}

// HDF5 has no say where its last call was none that failed.
TEST_F(Import, AReasonIsGivenOrLeftOut) {
  std::string missing = folder + "/none/out.h5", longer = folder + "/" + std::string(300, 'x') + ".h5";
  options.output = missing.c_str();
  EXPECT_EQ(run("a,b\n1,2\n"), STATUS_MISSING);
  EXPECT_NE(message.find("there is no folder '" + folder + "/none'"), std::string::npos) << message;
  options.output = longer.c_str();
  EXPECT_EQ(run("a,b\n1,2\n"), STATUS_IO);
  EXPECT_EQ(message.find("(HDF5: )"), std::string::npos) << message;
}

TEST_F(Import, DamagedGzip) {
  std::string whole = gzip("a,b\n1,x\n");
  for (size_t length : {(size_t)2, (size_t)10, whole.size() - 9, whole.size() - 1}) {
    refused(whole.substr(0, length), ": the gzip data is truncated or damaged.");
  }
  std::string changed = whole;
  changed[whole.size() - 5] ^= 1; // its checksum
  refused(changed, ": the gzip data is truncated or damaged.");
  refused(whole + "more", ": the gzip data is truncated or damaged.");
  refused(gzip(""), ":1:1: error: the file is empty.");
}

TEST_F(Import, BadFilesNameTheirLine) {
  const std::pair<std::string, const char *> cases[] = {
      {"", ":1:1: error: the file is empty."},
      {"\n \n", ":3:1: error: the file is empty."},
      {"\xef\xbb\xbf", ":1:1: error: the file is empty."},
      {"a,b\n", ":2:1: error: there are no rows below the header."},
      {"a,b\n1,2\n3\n", ":3:1: error: 1 value where 2 columns are expected."},
      {"a,b\n1,2\n\n\n3,4,5\n", ":5:5: error: 3 values where 2 columns are expected."},
      {"a,b\n\"1\n\n\",2\n3\n", ":5:1: error: 1 value where 2 columns are expected."},
      {"a,b,a\n1,2,3\n", ":1:5: error: two columns are named 'a'."},
      {"\n\na,\n1,2\n", ":3:3: error: column 2 has no name."},
      {"a,score\n1,2\n", ":1:3: error: the name 'score' is reserved"},
      {"a,b\n1,2\n3,x\xff\n", ":3:4: error: the line is not UTF-8"},
      {"a,b\n1,2\n3,caf\xe9\n", ":3:6: error: the line is not UTF-8"},
      {std::string("a,b\n1,2\n3,\0\n", 13), ":3:3: error: the line holds a NUL byte"},
      {"a,b\n1,2\"3\n", ":2:4: error: a quote stands inside a value that is not quoted"},
      {"a,b\n1,2\"3\n4,\xff\n", ":2:4: error: a quote stands inside a value that is not quoted"},
      {"a,b\n1,\"2\"3\n", ":2:6: error: a closing quote is followed by more of the value"},
      {"a,b\n1,\"x\ny\"z\n", ":3:3: error: a closing quote is followed by more of the value"},
      {"a,b\n1,2\n\"3,4\n5,6\n", ":3:1: error: a quote is opened and never closed."},
  };
  for (const auto &[content, start] : cases) refused(content, start);
  std::string wide = "a";
  for (int i = 0; i < 10001; i++) wide += ",";
  refused(wide + "\n", ":1:10001: error: the line has too many values.");
  refused("a/b,c\n1,2\n", "column 'a/b': HDF5 reads '/' and '.' as paths");
}

// A text that the file could not hold is refused, not written where it cannot be read again.
TEST_F(Import, TextsThatAreTooLong) {
  ASSERT_EQ(run("a,b\n" + std::string(65536, 'x') + ",1\n"), STATUS_OK) << message;
  EXPECT_EQ(columns["a"][0].size(), 65536u);
  refused("a,b\n" + std::string(65537, 'x') + ",1\n", "column 'a': a text of 65537 bytes");
}

TEST_F(Import, OutputThatExists) {
  write("out.h5", "precious");
  EXPECT_EQ(run("a,b\n1,2\n"), STATUS_EXISTS);
  std::ifstream kept(output);
  std::string content;
  kept >> content;
  EXPECT_EQ(content, "precious");
  options.force = true;
  EXPECT_EQ(run("a,b\n1\n"), STATUS_DATA); // refused: what was there stays
  std::ifstream(output) >> content;
  EXPECT_EQ(content, "precious");
  ASSERT_EQ(run("a,b\n1,2\n"), STATUS_OK) << message;
  EXPECT_EQ(columns["b"], (Values{"2"}));
}

// The same columns in every kind of chunk, and the same bytes twice; more rows than one chunk has.
TEST_F(Import, Compressed) {
  std::string content = "x,n,k\n";
  for (int i = 0; i < 10000; i++)
    content +=
        std::to_string(i * 0.5) + "," + std::to_string(i % 100) + "," + (i % 3 == 0 ? "a" : "b") + "\n";
  ASSERT_EQ(run(content), STATUS_OK) << message;
  std::map<std::string, Values> plain = columns;
  options.force = true;
  for (DataCompression compression : {DATA_GZIP, DATA_LZ4, DATA_ZSTD}) {
    options.compression = compression;
    std::string bytes[2];
    for (std::string &each : bytes) {
      file("in.csv", content);
      ASSERT_EQ(import(), STATUS_OK) << message;
      std::stringstream read;
      read << std::ifstream(output, std::ios::binary).rdbuf();
      each = read.str();
    }
    ASSERT_EQ(run(content), STATUS_OK) << message;
    EXPECT_EQ(columns, plain) << compression;
    EXPECT_EQ(bytes[0], bytes[1]) << compression;
    EXPECT_LT(bytes[0].size(), 10000 * 9u) << compression; // 17 bytes a row where it is plain
  }
}
