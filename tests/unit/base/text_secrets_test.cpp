#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/secret_words.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

// The planted secret of every line below.
constexpr std::string_view kSecret = "Hunter2x";

// Words parted by '|' here, by NUL in /proc/PID/cmdline.
std::string argv_of(std::string text) {
  for (char& c : text) {
    if (c == '|') c = '\0';
  }
  return text + '\0';
}

std::string scrubbed(const std::string& text) {
  std::string out = scrub_secrets(argv_of(text));
  for (char& c : out) {
    if (c == '\0') c = '|';
  }
  return out.substr(0, out.empty() ? 0 : out.size() - 1);
}

const std::vector<std::string> kPlanted = {
    "app|--password|Hunter2x",
    "app|--password=Hunter2x",
    "app|-password|Hunter2x",
    "app|--db-password|Hunter2x|--port|1",
    "app|--dbPassword=Hunter2x",
    "app|--pass|Hunter2x",
    "app|--passwd=Hunter2x with spaces Hunter2x",
    "app|--token|Hunter2x",
    "app|--access-token=Hunter2x",
    "app|--secret|Hunter2x",
    "app|--client-secret=Hunter2x",
    "app|--api-key|Hunter2x",
    "app|--api_key=Hunter2x",
    "app|--apiKey=Hunter2x",
    "app|--requirepass|Hunter2x",
    "redis-server|*:6379|requirepass|Hunter2x",
    "redis-server|--masterauth|Hunter2x",
    "redis-cli|-h|db|-a|Hunter2x|ping",
    "env|PGPASSWORD=Hunter2x|psql",
    "env|MYSQL_PWD=Hunter2x|mysql",
    "env|AWS_SECRET_ACCESS_KEY=Hunter2x|aws|s3|ls",
    "java|-Dspring.datasource.password=Hunter2x|-jar|a.jar",
    "mysql|-u|root|-pHunter2x|db",
    "/usr/bin/mysqldump|-pHunter2x|db",
    "sudo|mysql|-pHunter2x",
    "sshpass|-p|Hunter2x|ssh|host",
    "sshpass|-pHunter2x|ssh|host",
    "mongosh|-u|a|-p|Hunter2x",
    "ldapsearch|-D|cn=x|-w|Hunter2x",
    "curl|-u|user:Hunter2x|http://h/",
    "curl|-uuser:Hunter2x|http://h/",
    "curl|--user|user:Hunter2x|http://h/",
    "curl|-H|Authorization: Bearer Hunter2x|http://h/",
    "curl|-H|X-Api-Key: Hunter2x|http://h/",
    "curl|-HX-Auth-Token: Hunter2x|http://h/",
    "curl|-b|session=Hunter2x|http://h/",
    "curl|--cookie|id=Hunter2x|http://h/",
    "curl|http://h/?a=1&token=Hunter2x&b=2",
    "curl|https://h/x?X-Amz-Signature=Hunter2x",
    "curl|-d|{\"user\":\"a\",\"password\":\"Hunter2x\"}|http://h/",
    "curl|-d|{\"user\": \"a\", \"password\" : \"Hunter2x y\"}|http://h/",
    "psql|postgresql://user:Hunter2x@db:5432/x",
    "app|postgresql://user:pa/Hunter2x@db/x",
    "app|redis://:Hunter2x@db:6379/0",
    "git|clone|https://Hunter2x@host/repo.git",
    "app|--url=amqp://u:Hunter2x@h/",
    "app|user:Hunter2x@tcp(h:3306)/db",
    "app|Server=h;Database=d;User Id=u;Password=Hunter2x;",
    "app|host=h password=Hunter2x user=u",
    "app|host=h password='Hunter2x y' user=u",
    "az|--connection|AccountName=a;AccountKey=Hunter2x==",
    "openssl|rsa|-passin|pass:Hunter2x|-in|k.pem",
    "docker|login|-u|u|-p|Hunter2x",
    "docker|run|-e|API_TOKEN=Hunter2x|img",
    "docker|run|--env=DB_PASSWORD=Hunter2x|img",
    "kubectl|create|secret|generic|x|--from-literal=password=Hunter2x",
    "helm|install|--set|auth.password=Hunter2x|x",
    "smbclient|//h/s|-U|user%Hunter2x",
    "zip|-P|Hunter2x|a.zip|f",
    "gpg|--batch|--passphrase|Hunter2x|-d|f",
    "sh|-c|mysql -u root -pHunter2x db < f",
    "sh|-c|PGPASSWORD=Hunter2x psql -h db",
    "sh|-c|curl -H \"Authorization: Bearer Hunter2x\" http://h/",
    "sh|-c|app --password Hunter2x; true",
    "bash|-c|sh -c 'app --token=Hunter2x'",
    "mysql|-e|CREATE USER a IDENTIFIED BY 'Hunter2x'",
    "psql|-c|ALTER USER a WITH PASSWORD 'Hunter2x'",
    "app: worker --password=Hunter2x idle",
};

TEST(ScrubSecrets, HidesEveryPlantedSecret) {
  ASSERT_GE(kPlanted.size(), 50u);
  for (const std::string& line : kPlanted) {
    const std::string out = scrubbed(line);
    EXPECT_EQ(out.find(kSecret), std::string::npos) << line << "\n-> " << out;
    EXPECT_NE(out.find("***"), std::string::npos) << line << "\n-> " << out;
  }
}

TEST(ScrubSecrets, HidesCredentialsByTheirShape) {
  for (const std::string token :
       {"AKIAIOSFODNN7EXAMPLE", "ghp_0123456789abcdefghijABCDEFGHIJ",
        "glpat-0123456789abcdefghij", "xoxb-012345678901-abcdef",
        "sk_live_0123456789abcdef", "AIzaSyA0123456789abcdefghijklmnopqrstu",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"}) {
    EXPECT_EQ(scrubbed("app|" + token + "|x"), "app|***|x");
    EXPECT_EQ(scrubbed("app|--a=" + token), "app|--a=***");
  }
  const std::string pem =
      "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----";
  EXPECT_EQ(scrubbed("app|" + pem + "|x"), "app|***|x");
}

TEST(ScrubSecrets, KeepsTheRestOfTheLine) {
  EXPECT_EQ(scrubbed("app|--db-password|Hunter2x|--port|1"),
            "app|--db-password|***|--port|1");
  EXPECT_EQ(scrubbed("curl|http://h/?a=1&token=Hunter2x&b=2"),
            "curl|http://h/?a=1&token=***&b=2");
  EXPECT_EQ(scrubbed("psql|postgresql://user:Hunter2x@db:5432/x"),
            "psql|postgresql://user:***@db:5432/x");
  EXPECT_EQ(scrubbed("sh|-c|mysql -u root -pHunter2x db < f"),
            "sh|-c|mysql -u root -p*** db < f");
}

TEST(ScrubSecrets, LeavesHarmlessLinesAlone) {
  for (const char* line : {
           "/usr/sbin/redis-server *:6379",
           "app|--password-file|/run/x",
           "app|--no-password|--host|h",
           "app|--max-tokens|500",
           "app|--tokenizer|bpe",
           "app|--author|me",
           "docker|run|-p|8080:80|img",
           "docker|pull|img:tag@sha256:0123",
           "mkdir|-p|/a/b",
           "ssh|git@host",
           "curl|http://host:8080/path",
           "git|clone|ssh://git@host/repo",
           "cat|/etc/passwd|x",
           "sh|-c|echo a; echo b | wc -l",
           "nginx: worker process",
           "",
       }) {
    EXPECT_EQ(scrubbed(line), line);
  }
}

TEST(ScrubSecrets, IsStableWhenRepeated) {
  for (const std::string& line : kPlanted) {
    const std::string once = scrub_secrets(argv_of(line));
    EXPECT_EQ(scrub_secrets(once), once) << line;
  }
}

TEST(ScrubSecrets, TakesAnyBytes) {
  EXPECT_EQ(scrub_secrets(""), "");
  std::string bytes;
  for (int i = 0; i < 4096; ++i) {
    bytes += static_cast<char>(i * 7919 % 256);
    if (i % 61 == 0) scrub_secrets(bytes);
  }
  EXPECT_LE(scrub_secrets(std::string(1 << 20, 'a')).size(),
            kLongestCommandLine);
  EXPECT_EQ(scrub_secrets(std::string(3, '\0')).size(), 3u);
  for (const char* odd : {"=", ":", "@", "://", "://@", ":@", "-", "--", "'",
                          "\"", " ' ", "://:@", "pass:", "--password="}) {
    EXPECT_EQ(scrub_secrets(odd), odd);
  }
}

TEST(SecretNames, TellsHoldersFromMentions) {
  for (const char* name : {"--password", "DB_PASSWORD", "requirepass",
                           "X-Auth-Token", "apiKey", "AWS_SECRET_ACCESS_KEY"}) {
    EXPECT_TRUE(is_secret_name(name)) << name;
  }
  for (const char* name : {"", "--", "--password-file", "--no-auth", "user",
                           "--token-type", "passenger", "--bypass"}) {
    EXPECT_FALSE(is_secret_name(name)) << name;
  }
}

}  // namespace
}  // namespace tidemark
