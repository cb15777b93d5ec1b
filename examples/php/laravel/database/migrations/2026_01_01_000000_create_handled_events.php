<?php

use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Support\Facades\Schema;

return new class extends Migration
{
    public function up(): void
    {
        // Rows older than 14 days may be deleted: SQS does not deliver these events again.
        Schema::create('handled_events', function (Blueprint $table) {
            $table->string('instance', 255);
            $table->string('id', 255);
            $table->unsignedBigInteger('at')->index();
            $table->primary(['instance', 'id']);
        });
        // Of the example's work.
        Schema::create('chats', function (Blueprint $table) {
            $table->string('jid')->primary();
            $table->unsignedInteger('messages');
        });
    }

    public function down(): void
    {
        Schema::dropIfExists('chats');
        Schema::dropIfExists('handled_events');
    }
};
