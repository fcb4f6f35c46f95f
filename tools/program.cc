#include "tools/program.h"

#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "tools/commands.h"
#include "tools/interrupt.h"

namespace tritwise {
namespace {

// Names in a file may hold anything; an error stays one line.
std::string OneLine(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return text;
}

int Report(const CLI::App& app, const std::string& what, int code) {
  std::string who = "tritwise";
  for (const CLI::App* sub : app.get_subcommands()) who += " " + sub->get_name();
  std::fflush(stdout);
  std::fprintf(stderr, "%s: %s\n", who.c_str(), OneLine(what).c_str());
  return code;
}

}  // namespace

int RunProgram(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    if (app.get_subcommands().empty() && argc > 1 && argv[1][0] != '-') {
      return Report(app, std::string("there is no subcommand \"") + argv[1] + "\" (see --help)", kUsage);
    }
    return Report(app, std::string(error.what()) + " (see --help)", kUsage);
  } catch (const UsageError& error) {
    return Report(app, error.what(), kUsage);
  } catch (const Interrupted&) {
    return kInterrupted;
  } catch (const ExitWith& end) {
    return end.code;
  } catch (const std::bad_alloc&) {
    return Report(app, "out of memory", kFailure);
  } catch (const std::exception& error) {
    return Report(app, error.what(), kFailure);
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    return Report(app, "cannot write to standard output", kFailure);
  }
  return 0;
}

}  // namespace tritwise
