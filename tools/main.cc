// The command `tritwise`: hands its arguments to a subcommand and turns what goes wrong into one line.
#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include <CLI/CLI.hpp>

#include "tools/commands.h"
#include "tools/machine.h"

namespace {

constexpr int kUsage = 2;
constexpr int kFailure = 1;
constexpr int kInterrupted = 130;

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

int Run(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    if (app.get_subcommands().empty() && argc > 1 && argv[1][0] != '-') {
      return Report(app, std::string("there is no subcommand \"") + argv[1] + "\" (see --help)", kUsage);
    }
    return Report(app, std::string(error.what()) + " (see --help)", kUsage);
  } catch (const tritwise::UsageError& error) {
    return Report(app, error.what(), kUsage);
  } catch (const tritwise::Interrupted&) {
    return kInterrupted;
  } catch (const tritwise::ExitWith& end) {
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

}  // namespace

int main(int argc, char** argv) {
  if (const std::string missing = tritwise::MissingInstructions(); !missing.empty()) {
    std::fprintf(stderr, "tritwise: %s\n", missing.c_str());
    return kFailure;
  }
  CLI::App app("Trains ternary (1.58-bit) networks and runs them.", "tritwise");
  app.set_version_flag("--version", "tritwise " TRITWISE_VERSION);
  app.require_subcommand(1);
  app.footer("Example:\n  tritwise run model.trit -p \"In the beginning\"");
#ifdef TRITWISE_WITH_TRAINER
  tritwise::AddTrain(app);
  tritwise::AddLaunch(app);
  tritwise::AddExport(app);
  tritwise::AddReport(app);
  tritwise::AddStudy(app);
#endif
  tritwise::AddRun(app);
  tritwise::AddChat(app);
  tritwise::AddEval(app);
#ifdef TRITWISE_WITH_FLATTEN
  tritwise::AddFlatten(app);
#endif
  tritwise::AddInspect(app);
  tritwise::AddBench(app);
  tritwise::AddRandom(app);
  tritwise::AddTemplate(app);
#ifdef TRITWISE_WITH_SERVER
  tritwise::AddServe(app);
  tritwise::AddKeys(app);
#endif
#ifdef TRITWISE_WITH_GATEWAY
  tritwise::AddGateway(app);
#endif
  return Run(app, argc, argv);
}
